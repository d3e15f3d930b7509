"""`--engine auto`: from a plan that leaves the engine open to one that measurement has settled."""

import logging
from dataclasses import replace

from serving_kit.serve.plan import ModelPlan
from serving_kit.serve.precision import served_path
from serving_kit.tune import Candidate, Result, tuned

log = logging.getLogger(__name__)


def settle(plan: ModelPlan) -> ModelPlan:
    """Return the plan with engine, threads and batch as measured, and the reason; a plan without tuning as it is.

    What an earlier start or `serving_kit.tune` found on this machine is used again; else this takes the budget.
    """
    tuning = plan.tuning
    if tuning is None:
        return plan
    log.info("%s: looking for the fastest engine for up to about %g s", plan.path, tuning.budget_s)
    fixed = plan.options.cpu_threads if "--cpu_math_thread_num" in tuning.given else None
    precision = plan.options.precision
    result = tuned(served_path(plan), budget_s=tuning.budget_s, precision=precision, cores=tuning.cores, threads=fixed)
    winner = result.throughput.candidate
    settled = replace(
        plan,
        options=replace(plan.options, engine=winner.engine, cpu_threads=winner.threads),
        reason=_reason(result),
    )
    if not tuning.given & {"--thread", "--runtime_thread_num"}:
        settled = replace(settled, threads=winner.instances)
    if not tuning.given & {"--batch_infer_size", "--runtime_thread_num"}:
        settled = replace(settled, max_batch=winner.batch if winner.batch > 1 else None)
    return settled


def _reason(result: Result) -> str:
    """Say what won, by which figures, over what and when."""
    best: dict[str, Candidate] = {}
    figures = []
    for each in sorted(result.measurements, key=lambda each: -each.requests_per_s):
        if each.candidate.engine not in best:
            best[each.candidate.engine] = each.candidate
            figures.append(f"{each.candidate.title}: {each.requests_per_s:.4g} requests/s")
    return (
        f"of the engines that agree, {result.throughput.candidate.title} was chosen for "
        f"{result.throughput.requests_per_s:.4g} requests/s on {result.at:%Y-%m-%d} (the best of each: "
        f"{'; '.join(figures)})"
    )
