"""The fifteen models that Paddle Serving offered by name, at the vendor's own addresses."""

from pathlib import Path

from serving_kit.errors import NotFound
from serving_kit.fetch.http import download
from serving_kit.fetch.lock import ChecksumLock
from serving_kit.settings import settings

__all__ = ["ServingModels"]

VENDOR = "https://paddle-serving.bj.bcebos.com/"
_HUB = "paddle_hub_models/"
_GROUPS: dict[str, tuple[str, tuple[str, ...]]] = {
    "SentimentAnalysis": (f"{_HUB}text/SentimentAnalysis/", ("senta_bilstm", "senta_bow", "senta_cnn")),
    "SemanticRepresentation": (f"{_HUB}text/SemanticModel/", ("ernie",)),
    "ChineseWordSegmentation": (f"{_HUB}text/LexicalAnalysis/", ("lac",)),
    "ObjectDetection": (f"{_HUB}image/ObjectDetection/", ("faster_rcnn", "yolov4", "blazeface")),
    "ImageSegmentation": (f"{_HUB}image/ImageSegmentation/", ("unet", "deeplabv3", "deeplabv3+cityscapes")),
    "ImageClassification": (
        f"{_HUB}image/ImageClassification/",
        ("resnet_v2_50_imagenet", "mobilenet_v2_imagenet"),
    ),
    "OCR": ("ocr_v2/", ("ocr_rec", "ocr_det")),
}


class ServingModels:
    """The models by group, and where each is; `url_dict` maps a name to its address."""

    def __init__(self) -> None:
        self.model_dict = {group: list(names) for group, (_, names) in _GROUPS.items()}
        self.url_dict = {name: f"{VENDOR}{folder}{name}.tar.gz" for folder, names in _GROUPS.values() for name in names}

    def get_model_list(self) -> dict[str, list[str]]:
        """Return the names of the models by group."""
        return self.model_dict

    def download(self, model_name: str) -> Path:
        """Fetch `NAME.tar.gz` into the current folder and return its path.

        The vendor publishes no checksums: the sha256 of the first download is kept in the cache and every later one is
        held against it. NotFound for an unknown name; errors of `serving_kit.fetch.http.download`.
        """
        url = self.address(model_name)
        path = Path(f"{model_name}.tar.gz").resolve()
        known = settings().cache_dir / "catalogue.lock"
        known.parent.mkdir(parents=True, exist_ok=True)
        checksums = ChecksumLock(known)
        checksums.record(url, download(url, path, sha256=checksums.get(url)))
        return path

    def get_tutorial(self, model_name: str) -> str:
        """Return the commands that fetch and serve a model; NotFound for an unknown name."""
        self.address(model_name)
        return (
            f"python -m serving_kit.compat -m paddle_serving_app.package --get_model {model_name}\n"
            f"tar -xzf {model_name}.tar.gz\n"
            f"python -m serving_kit.compat -m paddle_serving_server.serve --model {model_name}_model --port 9393"
        )

    def address(self, model_name: str) -> str:
        """Return where a model is; NotFound names the models there are."""
        if model_name not in self.url_dict:
            raise NotFound(f"there is no model {model_name!r}; name one of {', '.join(self.url_dict)}")
        return self.url_dict[model_name]
