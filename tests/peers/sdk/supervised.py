"""Supervised fine-tuning."""

from harness import case, close, loss_of, main, prompt, settled, step, text_datum, tokens, trainer, types

LESSON = [text_datum(t) for t in ("roses are red", "violets are blue", "sugar is sweet")]


@case
def loss_falls_and_the_lesson_is_recited():
    client = trainer()
    losses = [step(client, LESSON) for _ in range(25)]
    assert losses[-1] < losses[0] / 4, losses
    sampler = settled(client.save_weights_and_get_sampling_client())
    params = types.SamplingParams(max_tokens=9, temperature=0.0, stop=[])
    answer = sampler.sample(prompt=prompt("violets"), num_samples=1, sampling_params=params).result()
    assert bytes(answer.sequences[0].tokens) == b" are blue", answer


@case
def same_seed_gives_the_same_numbers():
    runs = [[step(c, LESSON) for _ in range(3)] for c in (trainer(seed=5), trainer(seed=5))]
    assert runs[0] == runs[1], runs
    # B starts at zero, so other seeds part only after the first step.
    other = trainer(seed=6)
    assert [step(other, LESSON) for _ in range(3)][1:] != runs[0][1:]


@case
def loss_is_the_weighted_sum_over_tokens():
    client = trainer()
    ids = tokens("abcdef")
    weights = [0.0, 1.0, 0.5, 0.0, 2.0]
    datum = text_datum("abcdef", weights)
    result = client.forward([datum], "cross_entropy").result()
    logprobs = result.loss_fn_outputs[0]["logprobs"].data
    assert len(logprobs) == len(ids) - 1
    close(result.metrics["loss:sum"], -sum(lp * w for lp, w in zip(logprobs, weights)))


@case
def gradients_add_up_over_calls():
    apart, together = trainer(seed=3), trainer(seed=3)
    first = [apart.forward_backward([datum], "cross_entropy") for datum in LESSON]
    [f.result() for f in first]
    apart.optim_step(types.AdamParams(learning_rate=5e-3)).result()
    step(together, LESSON)
    close(loss_of(apart, LESSON), loss_of(together, LESSON), 1e-3)


@case
def forward_leaves_no_gradient():
    client = trainer()
    before = loss_of(client, LESSON)
    try:
        client.optim_step(types.AdamParams(learning_rate=1.0)).result()
        raise AssertionError("a step without gradient was taken")
    except Exception as error:
        assert "no gradient" in str(error), error
    assert loss_of(client, LESSON) == before


@case
def clipping_and_decay_reach_the_optimizer():
    free, clipped, decayed = trainer(seed=3), trainer(seed=3), trainer(seed=3)
    step(free, LESSON)
    # Adam's first step does not depend on the gradient's size, so the second shows the clip.
    step(clipped, LESSON)
    step(free, LESSON)
    step(clipped, LESSON, grad_clip_norm=1e-3)
    assert loss_of(free, LESSON) != loss_of(clipped, LESSON)
    step(decayed, LESSON, weight_decay=10.0)
    step(decayed, LESSON, weight_decay=10.0)
    assert loss_of(free, LESSON) != loss_of(decayed, LESSON)


@case
def long_batches_go_in_chunks():
    client = trainer(rank=2)
    data = [text_datum("ab" if i % 2 else "cd") for i in range(1100)]
    result = client.forward_backward(data, "cross_entropy").result()
    assert len(result.loss_fn_outputs) == 1100
    logprobs = [output["logprobs"].data[0] for output in result.loss_fn_outputs]
    assert len(set(logprobs[0::2])) == 1 and len(set(logprobs[1::2])) == 1
    close(result.metrics["loss:sum"], -sum(logprobs), 1e-3)
    client.optim_step(types.AdamParams()).result()


@case
def soft_targets_have_several_tokens_a_position():
    client = trainer()
    ids = tokens("abc")
    import numpy as np

    datum = types.Datum(
        model_input=types.ModelInput.from_ints(ids),
        loss_fn_inputs={
            "target_tokens": types.TensorData.from_numpy(np.array([[1, 2], [3, 4], [5, 6]])),
            "weights": types.TensorData.from_numpy(np.array([[0.5, 0.5]] * 3, dtype=np.float32)),
        },
    )
    result = client.forward_backward([datum], "cross_entropy").result()
    output = result.loss_fn_outputs[0]["logprobs"]
    assert list(output.shape) == [3, 2], output.shape
    close(result.metrics["loss:sum"], -0.5 * sum(output.data))


@case
def several_models_train_at_once_without_touching_each_other():
    clients = [trainer(seed=i) for i in range(4)]
    alone = trainer(seed=2)
    expected = [step(alone, LESSON) for _ in range(4)]
    seen = [[] for _ in clients]
    for _ in range(4):
        pending = [
            (c.forward_backward(LESSON, "cross_entropy"), c.optim_step(types.AdamParams(learning_rate=5e-3)))
            for c in clients
        ]
        for losses, (forward, optim) in zip(seen, pending):
            losses.append(forward.result().metrics["loss:sum"])
            optim.result()
    assert seen[2] == expected, (seen[2], expected)


main()
