"""The tensors that Triton's clients send, over HTTP and gRPC alike; `module` is either client."""

import numpy as np

ROWS = np.array([[1, 2, 3], [4, 5, 6]], np.float32)
TYPES = {
    "fp32": np.array([[1.5, -2.5]], np.float32),
    "fp16": np.array([[0.5, -65504]], np.float16),
    "int64": np.array([[-(2**63), 2**63 - 1]], np.int64),
    "int32": np.array([[-(2**31), 2**31 - 1]], np.int32),
    "uint8": np.array([[0, 255]], np.uint8),
    "int8": np.array([[-128, 127]], np.int8),
    "bool": np.array([[True, False]], np.bool_),
}
NAMES = {"fp32": "FP32", "fp16": "FP16", "int64": "INT64", "int32": "INT32"}
NAMES.update({"uint8": "UINT8", "int8": "INT8", "bool": "BOOL"})


def tensor(module, name, array, datatype, **how):
    """Return one input of a request."""
    made = module.InferInput(name, list(array.shape), datatype)
    made.set_data_from_numpy(array, **how)
    return made


def adder(module, **how):
    """Return the adder's input."""
    return [tensor(module, "x", ROWS, "FP32", **how)]


def mirror(module, **how):
    """Return an input of every type."""
    return [tensor(module, name, array, NAMES[name], **how) for name, array in TYPES.items()]


def same(result):
    """Return for each type whether the mirror gave back what it got, bit for bit."""
    answers = {}
    for name, array in TYPES.items():
        got = result.as_numpy("same_" + name)
        answers[name] = got.dtype == array.dtype and got.tobytes() == array.tobytes() and got.shape == array.shape
    return answers


def values(result, name="total"):
    """Return an output as nested lists."""
    return result.as_numpy(name).tolist()
