"""Which question a path asks: what the application's routes say of inferences, for the way without the application."""

from collections.abc import Mapping

from serving_kit.codecs.general_message import FULL_SERVICE, METHODS, SERVICE
from serving_kit.service.service import Service
from serving_kit.transports.http.general_model import GeneralModelQuestion
from serving_kit.transports.http.open_inference_question import OpenInferenceQuestion
from serving_kit.transports.http.question import Question
from serving_kit.transports.http.status import Server
from serving_kit.transports.http.web_service import WebServiceQuestion


def route(service: Service, server: Server, path: str, headers: Mapping[str, str]) -> Question | None:
    """Return the question that a POST asks; None where only the application knows, `headers` have lower-case names."""
    match path.split("/"):
        case ["", name, method] if name in (SERVICE, FULL_SERVICE):
            return GeneralModelQuestion(service, path, headers, method, server) if method in METHODS else None
        case ["", "v2", "models", model, "infer"] if model:
            return OpenInferenceQuestion(service, path, headers, model)
        case ["", "v2", "models", model, "versions", version, "infer"] if model and version:
            return OpenInferenceQuestion(service, path, headers, model, version)
        case ["", name, "prediction"] if name:
            return WebServiceQuestion(service, path, headers, name)
    return None
