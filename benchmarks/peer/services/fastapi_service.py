"""FastAPI, two ways: `raw` reads the request itself, `pydantic` declares its types; no thread beside the event loop."""

# mypy: ignore-errors

import sys

import numpy as np
import orjson
import uvicorn
from fastapi import FastAPI, Request, Response
from pydantic import BaseModel
from session import Session


class Rows(BaseModel):
    """What the second way takes."""

    x: list[list[float]]


class Answers(BaseModel):
    """What the second way answers."""

    y: list[list[float]]


def main(port: str, onnx: str, _slug: str, way: str) -> None:
    """Serve a model in one of the two ways."""
    session = Session(onnx)
    app = FastAPI()
    if way == "raw":
        add_raw(app, session)
    else:
        add_typed(app, session)
    uvicorn.run(app, host="127.0.0.1", port=int(port), log_level="warning", access_log=False, backlog=2048)


def add_raw(app: FastAPI, session: Session) -> None:
    """Answer JSON by way of orjson, and raw float32."""

    @app.post("/json")
    async def json(request: Request) -> Response:
        rows = np.array(orjson.loads(await request.body())["x"], np.float32)
        answer = orjson.dumps({"y": session.run(rows)}, option=orjson.OPT_SERIALIZE_NUMPY)
        return Response(answer, media_type="application/json")

    @app.post("/binary")
    async def binary(request: Request) -> Response:
        answer = session.run(session.tensor(await request.body()))
        return Response(answer.tobytes(), media_type="application/octet-stream")


def add_typed(app: FastAPI, session: Session) -> None:
    """Answer JSON by way of pydantic."""

    @app.post("/json")
    async def json(rows: Rows) -> Answers:
        return Answers(y=session.run(np.array(rows.x, np.float32)).tolist())


if __name__ == "__main__":
    main(*sys.argv[1:])
