"""Reinforcement learning with the service's own losses."""

from harness import case, close, main, prompt, refused, settled, tokens, trainer, types

QUESTION = "say a:"


def rollouts(client, count, seed):
    sampler = settled(client.save_weights_and_get_sampling_client())
    params = types.SamplingParams(max_tokens=4, temperature=1.0, seed=seed, stop=[])
    result = sampler.sample(prompt=prompt(QUESTION), num_samples=count, sampling_params=params).result()
    return result.sequences


def reward(sequence):
    return sum(t == ord("a") for t in sequence.tokens) / len(sequence.tokens)


def datum(sequence, advantage, **more):
    ids = tokens(QUESTION) + list(sequence.tokens)
    start = len(tokens(QUESTION)) - 1
    pad = [0.0] * start
    return types.Datum(
        model_input=types.ModelInput.from_ints(ids[:-1]),
        loss_fn_inputs={
            "target_tokens": ids[1:],
            "logprobs": pad + list(sequence.logprobs),
            "advantages": pad + [advantage] * len(sequence.tokens),
            **more,
        },
    )


def train(loss, steps=12, config=None):
    client = trainer(rank=8, seed=2)
    means = []
    for i in range(steps):
        group = rollouts(client, 16, seed=i)
        rewards = [reward(s) for s in group]
        means.append(sum(rewards) / len(rewards))
        data = [datum(s, r - means[-1]) for s, r in zip(group, rewards)]
        forward = client.forward_backward(data, loss, config)
        optim = client.optim_step(types.AdamParams(learning_rate=2e-2))
        forward.result()
        optim.result()
    return means


@case
def importance_sampling_raises_the_reward():
    means = train("importance_sampling")
    assert max(means[-3:]) > means[0] + 0.3, means


@case
def ppo_raises_the_reward():
    means = train("ppo", config={"clip_low_threshold": 0.8, "clip_high_threshold": 1.2})
    assert max(means[-3:]) > means[0] + 0.3, means


@case
def sampler_and_trainer_agree_on_log_probabilities():
    client = trainer(seed=4)
    group = rollouts(client, 8, seed=3)
    advantages = [1.0, -0.5, 2.0, 0.25, -1.0, 0.5, 3.0, -2.0]
    data = [datum(s, a) for s, a in zip(group, advantages)]
    result = client.forward(data, "importance_sampling").result()
    for sequence, output in zip(group, result.loss_fn_outputs):
        ours = output["logprobs"].data[-len(sequence.tokens) :]
        for a, b in zip(ours, sequence.logprobs):
            close(a, b, 1e-3)
    # Where the policies agree every ratio is 1, and the loss is the sum of −A.
    expected = -sum(a * len(s.tokens) for s, a in zip(group, advantages))
    close(result.metrics["loss:sum"], expected, 1e-3)


@case
def cispo_and_dro_run():
    client = trainer()
    data = [datum(s, a) for s, a in zip(rollouts(client, 2, seed=1), (1.0, -1.0))]
    client.forward_backward(data, "cispo", {"clip_low_threshold": 0.0, "clip_high_threshold": 4.0}).result()
    client.forward_backward(data, "dro", {"beta": 0.05}).result()
    client.optim_step(types.AdamParams()).result()


@case
def extra_keys_are_refused():
    client = trainer()
    sequence = rollouts(client, 1, seed=1)[0]
    extra = [1.0] * (len(tokens(QUESTION)) - 1 + len(sequence.tokens))
    bad = datum(sequence, 1.0, weights=extra)
    refused("'weights', which importance_sampling does not take", lambda: client.forward_backward([bad], "importance_sampling").result())


main()
