"""What a source says of itself in `registry.toml`: one typed table a kind, checked before anything is read.

    [sources.people]
    kind = "database"
    url = "postgresql://reader@db1/people"
    password = { env = "PEOPLE_PASSWORD" }

Secrets are only ever named: a `Secret` says where it stands, and is read when it is used.
"""

import os
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from graph.facts import is_id

__all__ = ["Config", "Files", "Id", "Secret", "SecretMissing"]


class SecretMissing(ValueError):
    """A secret is not where its reference says; the message names the place, never the secret."""


def _id(value: str) -> str:
    if not is_id(value):
        raise ValueError("must be an id: 1–300 characters without control characters")
    return value


Id = Annotated[str, AfterValidator(_id)]


class Secret(BaseModel):
    """Where a secret stands: `{ env = "NAME" }` or `{ file = "PATH" }`. It is never kept, shown or logged."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    env: str | None = Field(None, min_length=1, description="Name of the environment variable that holds it.")
    file: Path | None = Field(None, description="File that holds it; white space around it does not count.")

    @model_validator(mode="after")
    def _one(self) -> "Secret":
        if (self.env is None) == (self.file is None):
            raise ValueError('must be { env = "NAME" } or { file = "PATH" }; a secret itself does not belong here')
        return self

    def reveal(self) -> str:
        """The secret. Raises SecretMissing."""
        if self.env is not None:
            value = os.environ.get(self.env)
            if not value:
                raise SecretMissing(f"the environment variable {self.env} is not set")
            return value
        assert self.file is not None
        try:
            return self.file.read_text(encoding="utf-8").strip()
        except (OSError, ValueError) as error:
            why = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
            raise SecretMissing(f"the file {self.file} cannot be read: {why}") from error


class Config(BaseModel):
    """What all kinds have. A kind's own class adds its fields, each with a description."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    jurisdiction: Id | None = Field(None, description="Id of the jurisdiction for what the source leaves open.")
    department: Id | None = Field(None, description="Id of the department that provides what the source leaves open.")
    system: Id | None = Field(None, description="Id of the system that holds what the source leaves open.")


class Files(Config):
    """A source that is files."""

    paths: tuple[Path, ...] = Field(min_length=1, description="Files and folders, from the folder of registry.toml.")
