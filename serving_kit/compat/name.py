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
    f"{CLIENT}.utils": f"{_HERE}.client.load",
    SERVER: f"{_HERE}.server",
    f"{SERVER}.dag": f"{_HERE}.server.operator",
    f"{SERVER}.serve": "serving_kit.serve",
    f"{SERVER}.server": f"{_HERE}.server.builder",
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

_SERVE = "serve the model with python -m paddle_serving_server.serve"
MISSING: dict[str, str] = {
    f"{CLIENT}.pipeline": f"{_SERVE} and ask it with paddle_serving_client.Client",
    f"{CLIENT}.proto": "the messages stand in serving_kit.codecs",
    f"{SERVER}.env_check": "run python -m paddle_serving_server.serve check",
    f"{SERVER}.monitor": "serve with --model_control and POST to /v2/repository/models/NAME/load",
    f"{SERVER}.pipeline": f"{_SERVE} and ask it with paddle_serving_client.Client",
    f"{SERVER}.proto": "the messages stand in serving_kit.codecs",
    f"{SERVER}.web_service": f"{_SERVE}, which answers at /NAME/prediction too",
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
