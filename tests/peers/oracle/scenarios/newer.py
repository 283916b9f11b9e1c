"""What came after SDK 0.25: names of sessions, metadata of checkpoints, more scores, copies, searching, ending."""

import numpy as np
from peer import MODEL, Lacking, lesson, prompt, refusal, scenario, settled, tinker, types


def since(version):
    if tuple(map(int, tinker.__version__.split("."))) < version:
        raise Lacking(f"came with {'.'.join(map(str, version))}")


def ask(peer, **more):
    since((0, 38, 0))
    params = types.SamplingParams(max_tokens=3, seed=7)
    sampler = peer.base_sampler()
    return settled(sampler.sample(prompt=prompt("prompt"), num_samples=1, sampling_params=params, **more))


def numbers(values):
    return [None if v is None else float(v) for v in values]


@scenario
def session_with_a_name(peer):
    since((0, 38, 0))
    settled(peer.service(display_name="an oracle").create_lora_training_client(base_model=MODEL, rank=4))


@scenario
def state_with_metadata(peer):
    since((0, 38, 0))
    peer.trainer().save_state("noted", user_metadata={"step": "7"}).result()


@scenario
def sampler_weights_with_metadata(peer):
    since((0, 38, 0))
    peer.trainer().save_weights_for_sampler("noted", user_metadata={"step": "7"}).result()


@scenario
def likeliest_tokens_of_an_answer(peer):
    return [int(t) for t in ask(peer, topk_sample_logprobs=2).sequences[0].tokens]


@scenario
def last_logprobs_of_the_prompt(peer):
    return numbers(ask(peer, include_prompt_logprobs=True, prompt_logprobs_last_n=2).prompt_logprobs)


@scenario
def chosen_logprobs_of_the_prompt(peer):
    since((0, 38, 0))
    targets = types.TensorData.from_numpy(np.array([[97, 98], [99, -1], [100, 101], [1, 2], [3, 4]]))
    ask(peer, target_prompt_logprobs=targets)


@scenario
def alternatives_of_the_prompt(peer):
    ask(peer, prompt_alt_tokens_k=2)


@scenario
def copy_of_weights(peer):
    since((0, 38, 0))
    path = peer.trainer().save_weights_for_sampler("original").result().path
    rest = peer.service().create_rest_client()
    return refusal(lambda: rest.copy_weights(path, "project-7", ttl_seconds=7200))


@scenario
def copy_of_anothers_weights(peer):
    since((0, 38, 0))
    rest = peer.service().create_rest_client()
    path = "tinker://nobody/weights/nothing"
    return refusal(lambda: rest.copy_weights(path, "project-7", weights_access_token="tml-theirs"))


@scenario
def search_for_sessions(peer):
    since((0, 38, 0))
    request = types.SessionSearchRequest(user_metadata={"who": "oracle"}, display_name="oracle", limit=5)
    rest = peer.service().create_rest_client()
    return refusal(lambda: rest.search_sessions(request))


@scenario
def runs_of_a_project(peer):
    settled(peer.service().create_rest_client().list_training_runs(limit=2, project_id="project-7"))


@scenario
def runs_within_reach(peer):
    settled(peer.service().create_rest_client().list_training_runs(limit=2, access_scope="accessible"))


@scenario
def session_to_another_project(peer):
    rest = peer.service().create_rest_client()
    return refusal(lambda: rest.assign_session_project("nobody", "project-7"))


@scenario
def end_of_a_session(peer):
    since((0, 38, 0))
    service = peer.service()
    settled(service.create_lora_training_client(base_model=MODEL, rank=2))
    service.close("success", detail="all done").result()


@scenario
def custom_loss(peer):
    try:
        import torch  # noqa: F401
    except ImportError:
        raise Lacking("PyTorch is not installed") from None

    def squares(_data, logprobs):
        loss = sum((lp**2).sum() for lp in logprobs)
        return loss, {"squares": float(loss.detach())}

    data = []
    for text in ("a custom", "loss"):
        full = lesson(text)
        inputs = {"target_tokens": full.loss_fn_inputs["target_tokens"]}
        data.append(types.Datum(model_input=full.model_input, loss_fn_inputs=inputs))
    client = peer.trainer()
    output = client.forward_backward_custom(data, squares).result()
    client.optim_step(types.AdamParams(learning_rate=1e-3)).result()
    return {"squares": output.metrics["squares"]}
