"""`tests.servers.apps.pets:app`: a service that describes itself, as FastAPI does, and has nothing at its base."""

from datetime import UTC, datetime
from typing import Any

from fastapi import FastAPI, Header
from pydantic import BaseModel

app = FastAPI(title="pets")


class Owner(BaseModel):
    name: str
    phones: list[str] = []


class Pet(BaseModel):
    id: int
    name: str
    born: datetime
    owner: Owner | None = None
    young: list["Pet"] = []


PETS = [Pet(id=number, name=f"گربه {number}", born=datetime(2026, 1, number, tzinfo=UTC)) for number in (1, 2)]


@app.get("/pets", summary="همهٔ جانوران")
def pets(limit: int = 20, kind: str | None = None) -> list[Pet]:
    return PETS[:limit]


@app.post("/pets")
def add(pet: Pet) -> Pet:
    return pet


@app.get("/pets/{pet_id}")
def one(pet_id: int) -> Pet:
    return PETS[pet_id - 1]


@app.get("/search")
def search(q: str) -> dict[str, Any]:
    return {"q": q}


@app.get("/mine")
def mine(who: str = Header()) -> Owner:
    return Owner(name=who)


@app.delete("/everything")
def everything() -> None:
    raise AssertionError
