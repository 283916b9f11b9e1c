"""One short conversation through every method that an SDK has, whatever its version. Prints `ok|skip|FAIL NAME[: reason]`."""

import asyncio
import datetime
import os
import sys
import tarfile
import tempfile
import time
import traceback
import urllib.request
import warnings

warnings.simplefilter("ignore")

import tinker  # noqa: E402
from tinker import types  # noqa: E402

MODEL = "tunegraph/tiny-1m"
_failed = False
_known = {}


class Lacks(Exception):
    """This version of the SDK has no such method."""


def settled(value):
    return value.result() if hasattr(value, "result") else value


def has(owner, name):
    if not hasattr(owner, name):
        raise Lacks
    return getattr(owner, name)


def step(function):
    global _failed
    try:
        _known[function.__name__] = function()
        print(f"ok {function.__name__}", flush=True)
    except Lacks:
        print(f"skip {function.__name__}", flush=True)
    except KeyError as missing:
        print(f"skip {function.__name__}: needs {missing}", flush=True)
    except BaseException as error:  # noqa: BLE001
        _failed = True
        words = " ".join(str(error).split())[:300]
        print(f"FAIL {function.__name__}: {type(error).__name__}: {words}", flush=True)
        traceback.print_exc(limit=4)


def tokens(text):
    return list(text.encode())


def prompt(text):
    return types.ModelInput.from_ints(tokens(text))


def datum(text, **inputs):
    ids = tokens(text)
    given = {"target_tokens": ids[1:]}
    given.update({key: [value] * (len(ids) - 1) for key, value in inputs.items()})
    return types.Datum(model_input=types.ModelInput.from_ints(ids[:-1]), loss_fn_inputs=given)


SESSION = {}
service = tinker.ServiceClient()


@step
def capabilities():
    names = [m.model_name for m in service.get_server_capabilities().supported_models]
    assert MODEL in names, names


@step
def create_model():
    return settled(service.create_lora_training_client(base_model=MODEL, rank=8, seed=1))


trainer = _known["create_model"]
SESSION["run"] = settled(trainer.get_info()).model_id


@step
def train():
    losses = []
    for _ in range(3):
        forward = trainer.forward_backward([datum("hello hello", weights=1.0)], "cross_entropy")
        optim = trainer.optim_step(types.AdamParams(learning_rate=5e-3))
        losses.append(forward.result().metrics["loss:sum"])
        optim.result()
    assert losses[-1] < losses[0], losses


@step
def forward_only():
    out = trainer.forward([datum("hello hello", weights=1.0)], "cross_entropy").result()
    assert len(out.loss_fn_outputs[0]["logprobs"].data) == 10


@step
def policy_losses():
    known = getattr(types, "LossFnType", None)
    names = ["importance_sampling", "ppo"] + (["cispo", "dro"] if "dro" in str(known) else [])
    for name in names:
        out = trainer.forward_backward([datum("hello", logprobs=-1.0, advantages=0.5)], name).result()
        assert out.metrics["loss:sum"] == out.metrics["loss:sum"], name
    trainer.optim_step(types.AdamParams(learning_rate=1e-4)).result()


@step
def many_chunks():
    """More datums than go into one request: several requests with numbers of their own."""
    data = [datum("ab", weights=1.0)] * 1100
    out = trainer.forward_backward(data, "cross_entropy").result()
    assert len(out.loss_fn_outputs) == 1100
    trainer.optim_step(types.AdamParams(learning_rate=1e-4)).result()


@step
def custom_loss():
    try:
        import torch
    except ImportError:
        raise Lacks

    def squares(_data, logprobs):
        loss = sum((lp**2).sum() for lp in logprobs)
        return loss, {"squares": float(loss)}

    before = trainer.forward_backward_custom([datum("hello")], squares).result()
    trainer.optim_step(types.AdamParams(learning_rate=5e-3)).result()
    after = trainer.forward_backward_custom([datum("hello")], squares).result()
    trainer.optim_step(types.AdamParams(learning_rate=1e-6)).result()
    assert after.metrics["squares"] < before.metrics["squares"], (before.metrics, after.metrics)
    assert torch is not None


@step
def get_info():
    info = settled(trainer.get_info())
    assert info.model_data.model_name == MODEL


@step
def save_state():
    return trainer.save_state("state").result().path


@step
def save_state_with_ttl():
    try:
        return trainer.save_state("short", ttl_seconds=7200).result().path
    except TypeError:
        raise Lacks


@step
def save_for_sampler():
    return trainer.save_weights_for_sampler("final").result().path


@step
def save_external():
    return has(trainer, "save_weights_external")("files").result().path


@step
def ephemeral_sampler():
    sampler = settled(trainer.save_weights_and_get_sampling_client(name="ephemeral"))
    out = sampler.sample(prompt("hel"), 2, types.SamplingParams(max_tokens=4, seed=1)).result()
    assert len(out.sequences) == 2


@step
def inflight_sampler():
    if "kind" not in str(has(trainer, "save_weights_and_get_sampling_client").__doc__):
        raise Lacks
    sampler = settled(trainer.save_weights_and_get_sampling_client(kind="inflight"))
    assert sampler.sample(prompt("hel"), 1, types.SamplingParams(max_tokens=2)).result().sequences


@step
def named_sampler():
    sampler = settled(service.create_sampling_client(model_path=_known["save_for_sampler"]))
    out = sampler.sample(prompt("hel"), 1, types.SamplingParams(max_tokens=4, temperature=0.0)).result()
    assert len(out.sequences[0].tokens) <= 4
    return sampler


@step
def base_sampler():
    sampler = settled(service.create_sampling_client(base_model=MODEL))
    params = types.SamplingParams(max_tokens=3, seed=7, stop=["\n"])
    answers = [sampler.sample(prompt(f"n{i}"), 1, params) for i in range(50)]
    assert all(len(a.result().sequences) == 1 for a in answers)
    return sampler


@step
def prompt_logprobs():
    values = _known["base_sampler"].compute_logprobs(prompt("hello")).result()
    assert values[0] is None and all(v < 0 for v in values[1:]), values


@step
def topk_prompt_logprobs():
    params = types.SamplingParams(max_tokens=1)
    try:
        answer = _known["base_sampler"].sample(
            prompt("hello"), 1, params, include_prompt_logprobs=True, topk_prompt_logprobs=2
        )
    except TypeError:
        raise Lacks
    rows = answer.result().topk_prompt_logprobs
    assert rows[0] is None and all(len(row) == 2 for row in rows[1:]), rows


@step
def newer_scores():
    """What SDKs since 0.38 may ask for with a sample."""
    params = types.SamplingParams(max_tokens=3)
    try:
        answer = _known["base_sampler"].sample(prompt("hello"), 1, params, topk_sample_logprobs=2, prompt_alt_tokens_k=3)
    except TypeError:
        raise Lacks
    out = answer.result()
    assert all(len(row) == 2 for row in out.sequences[0].topk_logprobs)
    assert list(out.prompt_alt_tokens.tokens.shape) == [4, 3]


@step
def sampler_info():
    assert has(_known["base_sampler"], "get_base_model")() == MODEL


@step
def joined_sampler():
    import pickle

    if sys.version_info < (3, 11) or not hasattr(_known["base_sampler"], "__reduce__"):
        raise Lacks
    try:
        clone = pickle.loads(pickle.dumps(_known["base_sampler"]))
    except Exception:  # noqa: BLE001 - older clients cannot be copied
        raise Lacks
    out = clone.sample(prompt("hi"), 1, types.SamplingParams(max_tokens=2)).result()
    assert len(out.sequences) == 1


@step
def cancelled_sample():
    """Abandoning a sample takes it back from the server, in versions that can; the client goes on."""
    if not hasattr(tinker.lib.internal_client_holder.InternalClientHolder, "enqueue_cancel"):
        raise Lacks
    sampler = _known["base_sampler"]
    slow = types.SamplingParams(max_tokens=400, stop=[])

    async def abandon():
        task = asyncio.ensure_future(sampler.sample_async(prompt("slow"), 64, slow))
        await asyncio.sleep(0.3)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    waiting = [sampler.sample(prompt(f"slow {i}"), 64, slow) for i in range(4)]
    asyncio.run(abandon())
    for future in waiting:
        (future.future() if hasattr(future, "future") else future).cancel()
    time.sleep(2)
    assert sampler.sample(prompt("a"), 1, types.SamplingParams(max_tokens=1)).result().sequences


@step
def resume():
    again = settled(service.create_training_client_from_state(_known["save_state"]))
    out = again.forward([datum("hello hello", weights=1.0)], "cross_entropy").result()
    assert out.metrics["loss:sum"] > 0


@step
def resume_with_optimizer():
    create = has(service, "create_training_client_from_state_with_optimizer")
    again = settled(create(_known["save_state"]))
    again.forward_backward([datum("hello", weights=1.0)], "cross_entropy").result()
    again.optim_step(types.AdamParams(learning_rate=1e-3)).result()


@step
def load_state():
    fresh = settled(service.create_lora_training_client(base_model=MODEL, rank=8))
    fresh.load_state(_known["save_state"]).result()


rest = service.create_rest_client()


@step
def list_runs():
    runs = rest.list_training_runs(limit=5).result()
    assert any(r.training_run_id == SESSION["run"] for r in runs.training_runs)
    assert rest.get_training_run(SESSION["run"]).result().lora_rank == 8


@step
def list_checkpoints():
    listed = rest.list_checkpoints(SESSION["run"]).result().checkpoints
    assert {c.checkpoint_id for c in listed} >= {"weights/state", "sampler_weights/final"}
    assert has(rest, "list_user_checkpoints")(limit=10).result().checkpoints


@step
def weights_info():
    info = has(rest, "get_weights_info_by_tinker_path")(_known["save_state"]).result()
    assert info.base_model == MODEL


@step
def archive():
    answer = has(rest, "get_checkpoint_archive_url_from_tinker_path")(_known["save_for_sampler"]).result()
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "archive.tar")
        urllib.request.urlretrieve(answer.url, path)
        with tarfile.open(path) as tar:
            assert "adapter_model.safetensors" in tar.getnames(), tar.getnames()


@step
def external_files():
    urls = has(rest, "get_external_weights_urls")
    files = urls(_known["save_external"]).result().urls
    assert len(urllib.request.urlopen(files["adapter_model.safetensors"]).read()) > 1000


@step
def publish_and_ttl():
    path = _known["save_for_sampler"]
    has(rest, "publish_checkpoint_from_tinker_path")(path).result()
    rest.unpublish_checkpoint_from_tinker_path(path).result()
    if hasattr(rest, "set_checkpoint_ttl_from_tinker_path"):
        rest.set_checkpoint_ttl_from_tinker_path(path, 7200).result()
        rest.set_checkpoint_ttl_from_tinker_path(path, None).result()


@step
def copy_weights():
    copy = has(rest, "copy_weights")
    copied = settled(copy(_known["save_for_sampler"], "copies"))
    path = getattr(copied, "tinker_path", copied)
    assert str(path).startswith("tinker://"), copied


@step
def delete_checkpoint():
    extra = trainer.save_weights_for_sampler("extra").result().path
    rest.delete_checkpoint_from_tinker_path(extra).result()
    listed = rest.list_checkpoints(SESSION["run"]).result().checkpoints
    assert "sampler_weights/extra" not in {c.checkpoint_id for c in listed}


@step
def sessions():
    ids = has(rest, "list_sessions")().result().sessions
    shown = rest.get_session(ids[0]).result()
    assert isinstance(shown.training_run_ids, list)
    return ids[0]


@step
def session_project():
    has(rest, "assign_session_project")(_known["sessions"], "project-1").result()


@step
def search_sessions():
    found = has(rest, "search_sessions")(types.SessionSearchRequest(project_ids=["project-1"])).result()
    assert [s.session_id for s in found.sessions] == [_known["sessions"]]


@step
def session_trace():
    url = has(rest, "export_session_trace")(_known["sessions"]).result()
    assert b"traceEvents" in urllib.request.urlopen(url).read()


@step
def audit():
    log = has(rest, "get_audit_log")().result()
    assert any(e.event == "checkpoint_created" for e in log.entries)


@step
def usage():
    now = datetime.datetime.now(datetime.timezone.utc).replace(minute=0, second=0, microsecond=0)
    events = has(rest, "get_billing_usage")(now, now + datetime.timedelta(hours=1)).result().data
    assert {e.event_info.type for e in events} >= {"training", "sampling_sample", "checkpoint"}


@step
def storage_usage():
    data = has(rest, "get_current_checkpoint_storage_usage")().result().data
    assert sum(item.checkpoint_count for item in data) > 0


@step
def whoami():
    assert has(rest, "whoami")().result().user_urn


@step
def close():
    end = getattr(service, "close", None)
    if end is None:
        raise Lacks
    try:
        settled(end("success"))
    except TypeError:
        settled(end())


sys.stdout.flush()
# The SDK's background threads must not keep the process.
os._exit(1 if _failed else 0)
