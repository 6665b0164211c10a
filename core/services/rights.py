"""Who may do what: asked at the start of every service call, whoever calls."""

from core.errors import Forbidden, NotFound
from core.models import Actor, Role


def require(actor: Actor, org: str, role: Role) -> None:
    """Raises NotFound for an organisation the actor is no member of, as if there were none; Forbidden below `role`.

    Only the command line, which knows every organisation, is told that there is none of that name.
    """
    held = actor.roles.get(org)
    if held is None:
        raise NotFound("organisation", name=org) if actor.operator else NotFound()
    if held < role:
        raise Forbidden("role", role=role.label)


def require_scope(actor: Actor, scope: str) -> None:
    """Raises Forbidden for anyone but a token of that scope: no role includes it."""
    if scope not in actor.scopes:
        raise Forbidden("scope", scope=scope)


def require_server_admin(actor: Actor) -> None:
    """Raises Forbidden for anyone but a server administrator."""
    if not actor.server_admin:
        raise Forbidden("server_admin")


def require_person(actor: Actor) -> int:
    """The id of the person who asks. Raises Forbidden for a token and the command line."""
    if actor.user_id is None:
        raise Forbidden("person")
    return actor.user_id
