"""The import names of Paddle Serving 0.9 and what stands behind each here."""

VERSION = "0.9.0"  # the release whose names, arguments and results are kept
CLIENT, SERVER, APP = "paddle_serving_client", "paddle_serving_server", "paddle_serving_app"
PACKAGES = (CLIENT, SERVER, APP)

_HERE = "serving_kit.compat"
MODULES: dict[str, str] = {
    CLIENT: f"{_HERE}.client",
    f"{CLIENT}.client": f"{_HERE}.client",
    f"{CLIENT}.httpclient": f"{_HERE}.client",
    f"{CLIENT}.convert": "serving_kit.convert",
    f"{CLIENT}.io": f"{_HERE}.client.saving",
    f"{CLIENT}.metric": f"{_HERE}.client.metric",
    f"{CLIENT}.metric.acc": f"{_HERE}.client.metric",
    f"{CLIENT}.metric.auc": f"{_HERE}.client.metric",
    f"{CLIENT}.pipeline": f"{_HERE}.client.pipeline",
    f"{CLIENT}.pipeline.pipeline_client": f"{_HERE}.client.pipeline",
    f"{CLIENT}.pipeline.proto": f"{_HERE}.pipeline_proto",
    f"{CLIENT}.pipeline.proto.pipeline_service_pb2": "serving_kit.codecs.pipeline_service_pb2",
    f"{CLIENT}.proto": f"{_HERE}.proto",
    f"{CLIENT}.proto.general_model_config_pb2": "serving_kit.codecs.general_model_config_pb2",
    f"{CLIENT}.utils": f"{_HERE}.client.load",
    SERVER: f"{_HERE}.server",
    f"{SERVER}.dag": f"{_HERE}.server.operator",
    f"{SERVER}.pipeline": f"{_HERE}.server.pipeline",
    f"{SERVER}.pipeline.analyse": f"{_HERE}.server.analyse",
    f"{SERVER}.pipeline.channel": f"{_HERE}.server.channel",
    f"{SERVER}.pipeline.error_catch": f"{_HERE}.server.error_catch",
    f"{SERVER}.pipeline.operator": f"{_HERE}.server.pipeline",
    f"{SERVER}.pipeline.pipeline_client": f"{_HERE}.client.pipeline",
    f"{SERVER}.pipeline.pipeline_server": f"{_HERE}.server.pipeline",
    f"{SERVER}.pipeline.proto": f"{_HERE}.pipeline_proto",
    f"{SERVER}.pipeline.proto.pipeline_service_pb2": "serving_kit.codecs.pipeline_service_pb2",
    f"{SERVER}.proto": f"{_HERE}.proto",
    f"{SERVER}.proto.general_model_config_pb2": "serving_kit.codecs.general_model_config_pb2",
    f"{SERVER}.serve": "serving_kit.serve",
    f"{SERVER}.server": f"{_HERE}.server.builder",
    f"{SERVER}.web_service": f"{_HERE}.server.web_service",
    APP: f"{_HERE}.app",
    f"{APP}.local_predict": f"{_HERE}.app.local_predictor",
    f"{APP}.models": f"{_HERE}.app.catalogue",
    f"{APP}.package": f"{_HERE}.app.package",
    f"{APP}.reader": f"{_HERE}.app.reader",
    f"{APP}.reader.batching": f"{_HERE}.app.reader.padding",
    f"{APP}.reader.bert_base_reader": f"{_HERE}.app.reader.chinese_bert",
    f"{APP}.reader.chinese_bert_reader": f"{_HERE}.app.reader.chinese_bert",
    f"{APP}.reader.image_reader": f"{_HERE}.app.reader",
    f"{APP}.reader.imdb_reader": f"{_HERE}.app.reader.sentence",
    f"{APP}.reader.lac_reader": f"{_HERE}.app.reader.sentence",
    f"{APP}.reader.ocr_reader": f"{_HERE}.app.reader.text_line",
    f"{APP}.reader.pptsn_reader": f"{_HERE}.app.reader.video",
    f"{APP}.reader.senta_reader": f"{_HERE}.app.reader.sentence",
    f"{APP}.reader.tokenization": f"{_HERE}.app.reader.tokenizer",
    f"{APP}.trace": f"{_HERE}.app.trace",
}

_LOCAL = "name the model by local_service_conf in config.yml"
MISSING: dict[str, str] = {
    f"{SERVER}.env_check": "run python -m paddle_serving_server.serve check",
    f"{SERVER}.monitor": "serve with --model_control and POST to /v2/repository/models/NAME/load",
    f"{SERVER}.pipeline.LocalServiceHandler": _LOCAL,
    f"{SERVER}.pipeline.local_service_handler": _LOCAL,
    f"{SERVER}.pipeline.logger": "log with Python's own logging",
    f"{APP}.io": "decode images with paddle_serving_app.reader.File2Image",
    f"{APP}.reader.pddet": "use the Detection transforms of paddle_serving_app.reader",
}


def remedy(name: str) -> str:
    """Return what to use instead of an old name that stands for nothing here; the nearest known parent decides."""
    while name:
        if name in MISSING:
            return MISSING[name]
        name = name.rpartition(".")[0]
    return "serving_kit.compat.name lists the modules that are offered"
