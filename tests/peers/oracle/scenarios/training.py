"""Losses, chunks, optimizer steps, saving and loading."""

import numpy as np
from peer import MODEL, experience, lesson, refusal, scenario, settled, types


def summary(output):
    """What both clients must have read alike in an answer."""
    return {"loss": output.metrics["loss:sum"], "first": [float(v) for v in output.loss_fn_outputs[0]["logprobs"].data]}


@scenario
def cross_entropy(peer):
    return summary(peer.trainer().forward_backward([lesson("a lesson"), lesson("and more")], "cross_entropy").result())


@scenario
def importance_sampling(peer):
    return summary(peer.trainer().forward_backward([experience("a try")], "importance_sampling").result())


@scenario
def ppo(peer):
    config = {"clip_low_threshold": 0.8, "clip_high_threshold": 1.2}
    return summary(peer.trainer().forward_backward([experience("a try")], "ppo", config).result())


@scenario
def cispo(peer):
    config = {"clip_low_threshold": 0.0, "clip_high_threshold": 4.0}
    return summary(peer.trainer().forward_backward([experience("a try")], "cispo", config).result())


@scenario
def dro(peer):
    return summary(peer.trainer().forward_backward([experience("a try")], "dro", {"beta": 0.05}).result())


@scenario
def forward_only(peer):
    return summary(peer.trainer().forward([lesson("only look")], "cross_entropy").result())


@scenario
def several_targets_a_position(peer):
    inputs = {
        "target_tokens": types.TensorData.from_numpy(np.array([[1, 2], [3, 4], [5, 6]])),
        "weights": types.TensorData.from_numpy(np.array([[0.5, 0.5]] * 3, dtype=np.float32)),
    }
    datum = types.Datum(model_input=types.ModelInput.from_ints([97, 98, 99]), loss_fn_inputs=inputs)
    return summary(peer.trainer().forward_backward([datum], "cross_entropy").result())


@scenario
def several_chunks_of_text(peer):
    chunks = [types.EncodedTextChunk(tokens=[97, 98]), types.EncodedTextChunk(tokens=[99])]
    inputs = {"target_tokens": [98, 99, 100], "weights": [1.0, 0.0, 1.0]}
    datum = types.Datum(model_input=types.ModelInput(chunks=chunks), loss_fn_inputs=inputs)
    return summary(peer.trainer().forward_backward([datum], "cross_entropy").result())


@scenario
def an_image_in_the_input(peer):
    chunks = [types.EncodedTextChunk(tokens=[97]), types.ImageChunk(data=b"\x89PNG", format="png", expected_tokens=2)]
    inputs = {"target_tokens": [98, 99, 100], "weights": [1.0, 1.0, 1.0]}
    datum = types.Datum(model_input=types.ModelInput(chunks=chunks), loss_fn_inputs=inputs)
    client = peer.trainer()
    return refusal(lambda: client.forward_backward([datum], "cross_entropy"))


def ten():
    return [lesson(text * 4) for text in ("ab", "cd", "ef", "gh", "ij", "kl", "mn", "op", "qr", "st")]


@scenario
def chunks_by_count(peer):
    output = peer.trainer().forward_backward(ten(), "cross_entropy").result()
    return {"outputs": len(output.loss_fn_outputs), **summary(output)}


@scenario
def chunks_by_size(peer):
    output = peer.trainer().forward_backward(ten(), "cross_entropy").result()
    return {"outputs": len(output.loss_fn_outputs), **summary(output)}


@scenario
def chunks_one_after_another(peer):
    output = peer.trainer().forward_backward(ten(), "cross_entropy").result()
    return {"outputs": len(output.loss_fn_outputs), **summary(output)}


@scenario
def chunks_only_forward(peer):
    output = peer.trainer().forward(ten(), "cross_entropy").result()
    return {"outputs": len(output.loss_fn_outputs), **summary(output)}


@scenario
def compressed_body(peer):
    return summary(peer.trainer().forward_backward(ten(), "cross_entropy").result())


@scenario
def refused_loss_input(peer):
    client = peer.trainer()
    return refusal(lambda: client.forward_backward([lesson("without its logprobs")], "importance_sampling"))


def after_a_step(peer, **adam):
    client = peer.trainer()
    client.forward_backward([lesson("step by step")], "cross_entropy").result()
    client.optim_step(types.AdamParams(**adam)).result()
    return summary(client.forward([lesson("step by step")], "cross_entropy").result())


@scenario
def step_by_default(peer):
    return after_a_step(peer)


@scenario
def step_learning_rate(peer):
    return after_a_step(peer, learning_rate=5e-3)


@scenario
def step_beta1(peer):
    return after_a_step(peer, beta1=0.5)


@scenario
def step_beta2(peer):
    return after_a_step(peer, beta2=0.999)


@scenario
def step_eps(peer):
    return after_a_step(peer, eps=1e-8)


@scenario
def step_weight_decay(peer):
    return after_a_step(peer, weight_decay=0.1)


@scenario
def step_grad_clip_norm(peer):
    return after_a_step(peer, grad_clip_norm=0.5)


@scenario
def three_steps_in_a_pipe(peer):
    client = peer.trainer()
    pending = []
    for _ in range(3):
        pending.append(client.forward_backward([lesson("in a pipe")], "cross_entropy"))
        last = client.optim_step(types.AdamParams(learning_rate=1e-3))
    last.result()
    return [future.result().metrics["loss:sum"] for future in pending]


@scenario
def save_state(peer):
    return peer.trainer().save_state("first").result().path


@scenario
def save_state_for_an_hour(peer):
    return peer.trainer().save_state("short", ttl_seconds=3600).result().path


@scenario
def save_state_over_another(peer):
    client = peer.trainer()
    return [client.save_state("same", overwrite=True).result().path for _ in range(2)]


@scenario
def save_weights_for_sampler(peer):
    return peer.trainer().save_weights_for_sampler("named").result().path


@scenario
def save_weights_for_sampler_for_an_hour(peer):
    return peer.trainer().save_weights_for_sampler("named", ttl_seconds=3600).result().path


@scenario
def save_weights_and_sample(peer):
    sampler = settled(peer.trainer().save_weights_and_get_sampling_client())
    params = types.SamplingParams(max_tokens=3, temperature=0.0)
    ask = dict(prompt=types.ModelInput.from_ints([104]), num_samples=1, sampling_params=params)
    return sampler.sample(**ask).result().sequences[0].tokens


@scenario
def load_state(peer):
    client = peer.trainer()
    path = client.save_state("again").result().path
    settled(peer.service().create_lora_training_client(base_model=MODEL, rank=4)).load_state(path).result()


@scenario
def load_state_with_optimizer(peer):
    client = peer.trainer()
    client.forward_backward([lesson("state")], "cross_entropy").result()
    client.optim_step(types.AdamParams()).result()
    path = client.save_state("again").result().path
    other = settled(peer.service().create_lora_training_client(base_model=MODEL, rank=4))
    other.load_state_with_optimizer(path).result()
