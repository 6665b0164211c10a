"""GraphQL documents: attempts that the rule refuses, each with its reason and part, and honest queries."""

ROWS = "airlines { name }"


def deep(levels: int) -> str:
    return "{ " + "a { " * (levels - 1) + "a" + " }" * levels


def wide(fields: int) -> str:
    return "{ " + " ".join(f"f{n}" for n in range(fields)) + " }"


def aliased(aliases: int) -> str:
    return "{ " + " ".join(f"a{n}: f" for n in range(aliases)) + " }"


def doubling(fragments: int) -> str:
    """Spread out, it has 2 to the power of `fragments` fields."""
    spread = (f"fragment F{n} on T {{ ...F{n + 1} ...F{n + 1} }}" for n in range(fragments))
    return "{ ...F0 } " + " ".join(spread) + f" fragment F{fragments} on T {{ a }}"


def chained(fragments: int, tail: str) -> str:
    spread = (f"fragment F{n} on T {{ ...F{n + 1} }}" for n in range(fragments))
    return "{ ...F0 } " + " ".join(spread) + f" fragment F{fragments} on T {tail}"


CHANGING = [
    ("mutation { drop }", "graphql_operation", "mutation"),
    ("mutation Drop { drop }", "graphql_operation", "mutation Drop"),
    (f"query A {{ {ROWS} }} mutation B {{ drop }}", "graphql_operation", "mutation B"),
    (f"{{ {ROWS} }} mutation {{ drop }}", "graphql_operation", "mutation"),
    ("mutation ($id: ID!) @a { drop(id: $id) }", "graphql_operation", "mutation"),
    ("\ufeff,,, # query\n mutation{drop}", "graphql_operation", "mutation"),
    ('"""query { a }""" mutation { drop }', "graphql_operation", "mutation"),
    ("subscription { ticks }", "graphql_operation", "subscription"),
    ("subscription S { ticks } query Q { a }", "graphql_operation", "subscription S"),
]
NO_DOCUMENT = [
    ("", "graphql_syntax", ""),
    ("   # nothing", "graphql_syntax", "# nothing"),
    ("select 1", "graphql_syntax", "select 1"),
    ('[{"query": "{ a }"}, {"query": "{ b }"}]', "graphql_syntax", '[{"query": "{ a }"}, {"query": "{ b }"}]'),
    ('{"query": "{ a }"}', "graphql_syntax", '"query": "{ a }"}'),
    ("{ a ", "graphql_syntax", "{ a"),
    ("{ a }}", "graphql_syntax", "}"),
    ("{ نام }", "graphql_syntax", "نام }"),
    ("MUTATION { drop }", "graphql_syntax", "MUTATION { drop }"),
    ("fragment F on T { a }", "graphql_no_query", ""),
    ("type Query { a: Int }", "graphql_definition", "object type definition"),
    ("{ a } extend type Query { b: Int }", "graphql_definition", "object type extension"),
    ("{ a } schema { mutation: Query }", "graphql_definition", "schema definition"),
]
FRAGMENTS = [
    ("{ ...Gone }", "graphql_fragment", "Gone"),
    ("{ a } fragment Unused on T { ...Gone }", "graphql_fragment", "Gone"),
    ("{ ...A } fragment A on T { ...A }", "graphql_cycle", "A → A"),
    ("{ a } fragment A on T { x { ... { ...A } } }", "graphql_cycle", "A → A"),
    ("{ ...A } fragment A on T { a } fragment A on T { b { c } }", "graphql_twice", "A"),
]
COSTLY = [
    (deep(13), "graphql_depth", "query"),
    ("query Deep " + deep(13), "graphql_depth", "query Deep"),
    (chained(3, deep(13)), "graphql_depth", "query"),
    ("{ a { ...F } } fragment F on T " + deep(12), "graphql_depth", "query"),
    (wide(501), "graphql_fields", "query"),
    (doubling(9), "graphql_fields", "query"),
    (doubling(700), "graphql_fields", "query"),
    ("query A { a } query B " + wide(501), "graphql_fields", "query B"),
    (aliased(51), "graphql_aliases", "query"),
    ("{ ...F x { ...F } } fragment F on T " + aliased(26), "graphql_aliases", "query"),
]
IN_PARTS = [
    ("{ a { ... @defer { b } } }", "graphql_directive", "@defer"),
    ("{ ...F @defer } fragment F on T { a }", "graphql_directive", "@defer"),
    ("{ a @stream(initialCount: 1) }", "graphql_directive", "@stream"),
    ("{ a } fragment F on T { b { c @stream } }", "graphql_directive", "@stream"),
    ("query @live { a }", "graphql_directive", "@live"),
]

HONEST = [
    "{ __typename }",
    f"{{ {ROWS} }}",
    f"query {{ {ROWS} }}",
    f"query Airlines {{ {ROWS} }}",
    "query ($first: Int = 10) { airlines(first: $first) { name } }",
    'query Q($w: Filter = {city: "تهران", tags: ["الف", "ب"]}) { people(where: $w) { name } }',
    '{ people(name: "مهسا رضایی") { name } }',
    '{ people(note: """چند\nخط""") { name } }',
    "{ mutation subscription query fragment on }",
    "{ a: airlines { name } b: airlines { name } }",
    "{ airlines { ... on Cargo { tonnes } ... { name } } }",
    "{ ...F } fragment F on Query { airlines { name } }",
    "{ ...F } fragment F on Query { ...G } fragment G on Query { a }",
    "query Q($deep: Boolean!) { a @include(if: $deep) { b @skip(if: $deep) } }",
    "{ a @cached(ttl: 60) }",
    "{ __schema { types { name fields { name type { name ofType { name } } } } } }",
    '{ __type(name: "Airline") { fields { name } } }',
    "# a comment\n{ a, b, c }",
    "\ufeff{ a }",
    "{ a(x: 1, y: -2.5e10, z: null, e: ENUM, o: {k: [1, [2, [3]]]}) }",
    deep(12),
    wide(500),
    aliased(50),
    doubling(8),
    chained(1000, "{ a }"),
]
