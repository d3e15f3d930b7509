"""Print the OpenAPI document of the Open Inference Protocol as KServe's own server describes it."""

import json
import sys

from fastapi import FastAPI
from kserve.model_repository import ModelRepository
from kserve.protocol.dataplane import DataPlane
from kserve.protocol.model_repository_extension import ModelRepositoryExtension
from kserve.protocol.rest.v2_endpoints import register_v2_endpoints

app = FastAPI()
repository = ModelRepository()
register_v2_endpoints(app, DataPlane(repository), ModelRepositoryExtension(repository))
json.dump(app.openapi(), sys.stdout)
