"""Paddle Serving's operators by class: which have a meaning here, and what takes the place of the others."""

from collections.abc import Sequence

from serving_kit.errors import BadInput, Unsupported

INFER, READER, RESPONSE, COPY = "GeneralInferOp", "GeneralReaderOp", "GeneralResponseOp", "GeneralCopyOp"
TEXT_READER, TEXT_RESPONSE = "GeneralTextReaderOp", "GeneralTextResponseOp"

READERS = (READER, TEXT_READER)
"""The server reads every request itself, packed sequences too."""
RESPONSES = (RESPONSE, TEXT_RESPONSE)
"""It answers itself, too."""
HONOURED = (INFER, *READERS, *RESPONSES, COPY)

_NO_CUBE = "there is no Cube here; keep the sparse parameters in the model and make it a GeneralInferOp"
_IN_A_PIPELINE = "it is C++ around one model; put what it does before and after the model into an op of a pipeline"
_INSTEAD = {
    **dict.fromkeys(
        (
            "GeneralSingleKVOp",
            "GeneralDistKVOp",
            "GeneralDistKVInferOp",
            "GeneralDistKVQuantInferOp",
        ),
        _NO_CUBE,
    ),
    **dict.fromkeys(
        ("GeneralDetectionOp", "GeneralRecOp"),
        "it finds or reads text in C++; make a pipeline of the detector and the reader, as recipes/pipeline-ocr does",
    ),
    **dict.fromkeys(("GeneralPicodetOp", "GeneralFeatureExtractOp"), _IN_A_PIPELINE),
    "GeneralRemoteOp": "models on other machines are ops of a pipeline; name them under server_endpoints",
}
_YOUR_OWN = "operators compiled in C++ cannot be loaded; put what it does into an op of a pipeline, or into the client"


def check_class(name: str, shown: str | None = None) -> None:
    """Raise Unsupported for a class that has no meaning here, which is `shown` so, and say what takes its place."""
    if name not in HONOURED:
        raise Unsupported(f"{shown or name} cannot be honoured: {_INSTEAD.get(name, _YOUR_OWN)}")


def check_chain(words: Sequence[str], models: int) -> None:
    """Check a chain of `--op`, each word `Class` or `Class:0` (without a model), for that many models in a row.

    Readers may begin it and responses end it, as they do in any case, and copies stand anywhere. BadInput or
    Unsupported names what is wrong.
    """
    names = [_class_of(word) for word in words]
    infers = [place for place, name in enumerate(names) if name == INFER]
    for place, name in enumerate(names):
        if name in READERS and infers and place > infers[0]:
            raise BadInput(f"--op {words[place]} stands behind a model; requests are read before the first one")
        if name in RESPONSES and any(after not in RESPONSES for after in names[place + 1 :]):
            raise BadInput(f"--op {words[place]} stands before {words[place + 1]}; answers are sent at the end")
    if words and len(infers) != models:
        raise BadInput(
            f"--op has {len(infers)} {INFER} for {models} models; give one for each, or leave --op out for one after "
            "the other"
        )


def _class_of(word: str) -> str:
    name, _, engine = word.partition(":")
    check_class(name, f"--op {word}")
    if name == INFER and engine == "0":
        raise BadInput(f"--op {word} cannot be honoured: {INFER} runs a model; leave :0 out, or the operator")
    return name
