"""A server that answers badly first: what is sent again, and what is sent then. `plans.mjs` says how it answers."""

from peer import lesson, prompt, scenario, types


def one_step(peer):
    client = peer.trainer()
    loss = client.forward_backward([lesson("again")], "cross_entropy").result().metrics["loss:sum"]
    client.optim_step(types.AdamParams(learning_rate=1e-3)).result()
    return loss


def one_sample(peer):
    params = types.SamplingParams(max_tokens=3, seed=5)
    answer = peer.base_sampler().sample(prompt=prompt("again"), num_samples=1, sampling_params=params).result()
    return list(answer.sequences[0].tokens)


@scenario
def config_503_first(peer):
    peer.trainer()


@scenario
def session_503_first(peer):
    peer.trainer()


@scenario
def model_503_first(peer):
    peer.trainer()


@scenario
def forward_backward_503_first(peer):
    return one_step(peer)


@scenario
def forward_backward_429_first(peer):
    return one_step(peer)


@scenario
def forward_backward_408_first(peer):
    return one_step(peer)


@scenario
def step_500_first(peer):
    return one_step(peer)


@scenario
def step_409_first(peer):
    return one_step(peer)


@scenario
def poll_408_first(peer):
    return one_step(peer)


@scenario
def poll_503_first(peer):
    return one_step(peer)


@scenario
def poll_429_first(peer):
    return one_step(peer)


@scenario
def poll_try_again_first(peer):
    return one_step(peer)


@scenario
def sample_429_first(peer):
    return one_sample(peer)


@scenario
def sample_503_first(peer):
    return one_sample(peer)


@scenario
def sample_result_gone_first(peer):
    return one_sample(peer)


@scenario
def sampler_503_first(peer):
    return one_sample(peer)


@scenario
def list_503_first(peer):
    peer.service().create_rest_client().list_training_runs(limit=1).result()


@scenario
def list_429_first(peer):
    peer.service().create_rest_client().list_training_runs(limit=1).result()
