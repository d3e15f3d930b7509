"""Decide, once for each model and machine, whether its engine computes it right, and whether oneDNN may.

oneDNN is worth 3 to 10 times on convolutions, but for some converted models it answers wrong, crashes or never returns.
"""

import contextlib
import hashlib
import logging
import os
from collections.abc import Mapping
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path

import orjson
from pydantic import BaseModel, ConfigDict, ValidationError

from serving_kit.checksum import file_sha256
from serving_kit.errors import DeadlineExceeded, Internal, ModelFileError, Unsupported
from serving_kit.runtime import backend, golden
from serving_kit.runtime.agreement import compare, must_agree, try_stages
from serving_kit.runtime.framework import cpu_flags
from serving_kit.runtime.model_dir import ModelDir
from serving_kit.runtime.onnx_program import is_onnx
from serving_kit.runtime.options import EngineOptions
from serving_kit.runtime.trial import Cause, Outcome, Step
from serving_kit.settings import settings
from serving_kit.spec import GOLDEN_FILENAME
from serving_kit.types import Tensor

_VERSION = 3  # of the rules below; a verdict reached under other rules is not reused
_PLAIN, _ONEDNN = "plain", "onednn"
# Paddle 3.2.2 on LAC: after requests of one sequence each, oneDNN's GRU computes the later ones of several sequences
# with uninitialised memory, or crashes. One example, run as a trial runs it, cannot show that.
_LOD = "oneDNN is off: its recurrent kernels cannot be trusted with sequences of different lengths in one request (LoD)"
_logger = logging.getLogger(__name__)


class Verdict(BaseModel):
    """Whether oneDNN computes the model, why, and how far its answer was from the expected one."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    onednn: bool
    reason: str
    max_abs_difference: float | None = None


def decide(model: ModelDir, options: EngineOptions, deadline_s: float | None = None) -> Verdict:
    """Return the remembered verdict for these files and options, or reach one in child processes.

    Each child has `deadline_s`, at first `settings().trial_timeout_s`. Raises ModelFileError where the model does not
    load or crashes even without oneDNN, DeadlineExceeded where it takes longer, Unsupported where reduced precision
    spoils the answer or an engine other than the model's own does not agree with it.
    """
    path = settings().cache_dir / "verdicts" / f"{fingerprint(model, options)}.json"
    exported = backend.export_path(model.program, model.params, options)
    try:
        verdict = Verdict.model_validate_json(path.read_bytes())
        if exported is None or exported.exists():
            return verdict
    except (OSError, ValidationError):
        pass
    verdict = _reach(model, options, deadline_s or settings().trial_timeout_s)
    _remember(path, verdict)
    return verdict


def fingerprint(model: ModelDir, options: EngineOptions) -> str:
    """Return a sha256 over everything a verdict depends on: model files, golden example, options, engine and CPU.

    Raises ModelFileError where a file's own sha256 is not the one that the converter wrote into `spec.json`.
    """
    basis = [_VERSION, backend.platform(model.program, options), sorted(cpu_flags()), asdict(options)]
    digest = hashlib.sha256(orjson.dumps(basis))
    known = model.spec.files if model.spec else {}
    for path in (model.program, *model.parameter_files, model.server_dir / GOLDEN_FILENAME):
        if not path.exists():
            continue
        sha256 = file_sha256(path)
        if known.get(path.name, sha256) != sha256:
            raise ModelFileError(f"{path} is damaged: its sha256 is not the one in spec.json; convert the model again")
        digest.update(sha256.encode())
    return digest.hexdigest()


def _remember(path: Path, verdict: Verdict) -> None:
    part = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_text(verdict.model_dump_json(), encoding="utf-8")
        part.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            part.unlink()
        _logger.warning("The verdict on the model cannot be kept in %s (%s); the next start tries again", path, error)


def _reach(model: ModelDir, options: EngineOptions, deadline_s: float) -> Verdict:
    attempt = partial(try_stages, model, deadline_s=deadline_s)
    if backend.engine_of(model.program, options) != ("onnxruntime" if is_onnx(model.program) else "paddle"):
        apart = must_agree(model, options, deadline_s)
        title = backend.TITLES[options.engine]
        return Verdict(onednn=False, reason=f"{title} agrees with Paddle within {apart:.2g}", max_abs_difference=apart)
    if is_onnx(model.program):
        return _as_it_is(model, attempt({_PLAIN: replace(options, onednn=False)})[_PLAIN])
    example = golden.read(model.server_dir)
    if not options.on_cpu or options.onednn is False:
        _must_answer(model, attempt({_PLAIN: replace(options, onednn=False)})[_PLAIN])
        return Verdict(onednn=False, reason="oneDNN was switched off" if options.on_cpu else "not computed by the CPU")
    plain, fast = replace(options, onednn=False, precision="fp32"), replace(options, onednn=True)
    if any(port.is_lod for port in model.inputs):
        _must_answer(model, attempt({_PLAIN: plain})[_PLAIN])
        verdict = Verdict(onednn=False, reason=_LOD)
    elif example is None:
        outcomes = attempt({_PLAIN: plain, _ONEDNN: fast})
        _must_answer(model, outcomes[_PLAIN])
        if not outcomes[_PLAIN].ok:
            return Verdict(onednn=False, reason=f"oneDNN was not tried: {outcomes[_PLAIN].error} on made-up input")
        verdict = _judge(model, options, outcomes[_ONEDNN], outcomes[_PLAIN].answer, "the answer without it")
    else:
        verdict = _judge(model, options, attempt({_ONEDNN: fast})[_ONEDNN], example[1], "the golden answer")
        if not verdict.onednn:
            _must_answer(model, attempt({_PLAIN: plain})[_PLAIN])
    if not verdict.onednn and options.precision != "fp32":
        raise Unsupported(f"{model.name} cannot run in {options.precision}: {verdict.reason}; use fp32")
    return verdict


def _as_it_is(model: ModelDir, outcome: Outcome) -> Verdict:
    """Reach the verdict on an ONNX model: ONNX Runtime has kernels of its own, so that it need only answer."""
    _must_answer(model, outcome)
    example = golden.read(model.server_dir)
    if example is None:
        return Verdict(onednn=False, reason=_what_it_is(model))
    apart = golden.difference(outcome.answer, example[1])
    reason = f"{_what_it_is(model)}: {apart:.2g} away from the golden answer"
    return Verdict(onednn=False, reason=reason, max_abs_difference=apart)


def _what_it_is(model: ModelDir) -> str:
    quantisation = model.spec.conversion.quantisation if model.spec and model.spec.conversion else None
    return quantisation.summary() if quantisation else "an ONNX model, served as it is"


def _must_answer(model: ModelDir, outcome: Outcome) -> None:
    """Raise where a model cannot be served at all; made-up input that it merely refuses is no such case."""
    has_example = (model.server_dir / GOLDEN_FILENAME).exists()
    match outcome.cause, outcome.step:
        case (Cause.NONE, _):
            return
        case (Cause.REFUSED, Step.RUN) if not has_example:
            return
        case (Cause.REFUSED, Step.LOAD):
            raise ModelFileError(outcome.error)
        case (Cause.LATE, step):
            raise DeadlineExceeded(
                f"{model.server_dir} {outcome.error} while {step}; raise SERVING_KIT_TRIAL_TIMEOUT_S if it is large"
            )
        case (_, Step.NEVER):
            raise Internal(f"the process that tries {model.server_dir} {outcome.error}; check the installation")
        case (_, step):
            raise ModelFileError(
                f"{model.server_dir} cannot be served: its trial in a child process, {step}, {outcome.error}; "
                "fetch or convert the model again"
            )


def _judge(
    model: ModelDir, options: EngineOptions, outcome: Outcome, expected: Mapping[str, Tensor], what: str
) -> Verdict:
    if not outcome.ok:
        # Clients read this: they need no folder of the server's, and the files are sound, for they work without oneDNN.
        error = outcome.error.replace(str(model.server_dir), model.name).partition(";")[0]
        return Verdict(onednn=False, reason=f"oneDNN is off: the model, {outcome.step} with it, {error}")
    found = compare(model, options, outcome.answer, expected)
    apart = found.apart
    if found.near:
        computing = "oneDNN" if options.precision == "fp32" else "oneDNN in bfloat16"
        reason = f"{computing} agrees with {what} within {apart:.2g}"
        return Verdict(onednn=True, reason=reason, max_abs_difference=apart)
    return Verdict(onednn=False, reason=f"oneDNN is off: it differs from {what} by {apart:.2g}")
