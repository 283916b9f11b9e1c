"""Sampling sessions, many at once."""

import math

from harness import END, MODEL, case, close, main, prompt, service, settled, tokens, trainer, types


def base():
    return settled(service().create_sampling_client(base_model=MODEL))


def ask(sampler, text, n=1, **params):
    params = types.SamplingParams(**{"max_tokens": 8, **params})
    return sampler.sample(prompt=prompt(text), num_samples=n, sampling_params=params)


@case
def two_hundred_requests_at_once():
    sampler = base()
    futures = [ask(sampler, f"number {i}", n=2, seed=i) for i in range(200)]
    answers = [f.result() for f in futures]
    assert all(len(a.sequences) == 2 for a in answers)
    for i in (0, 77, 199):
        alone = ask(sampler, f"number {i}", n=2, seed=i).result()
        assert [s.tokens for s in alone.sequences] == [s.tokens for s in answers[i].sequences]


@case
def seeds_decide():
    sampler = base()
    # Hot, so that two draws which differ also look different: the small model is sure of itself.
    hot = dict(temperature=3.0, stop=[], max_tokens=16)
    first, again, other = (ask(sampler, "a", n=4, seed=s, **hot).result() for s in (1, 1, 2))
    assert [s.tokens for s in first.sequences] == [s.tokens for s in again.sequences]
    assert [s.tokens for s in first.sequences] != [s.tokens for s in other.sequences]
    assert len({tuple(s.tokens) for s in first.sequences}) == 4
    unseeded = {tuple(ask(sampler, "a", **hot).result().sequences[0].tokens) for _ in range(4)}
    assert len(unseeded) == 4, unseeded


@case
def stops_end_an_answer_and_are_part_of_it():
    sampler = base()
    free = ask(sampler, "the quick", max_tokens=40, seed=3, stop=[]).result().sequences[0]
    text = bytes(min(t, 255) for t in free.tokens)
    third = free.tokens[2]
    cut = ask(sampler, "the quick", max_tokens=40, seed=3, stop=[third]).result().sequences[0]
    assert cut.stop_reason == "stop"
    assert cut.tokens == free.tokens[: free.tokens.index(third) + 1]
    word = text[4:6]
    if all(32 <= b < 127 for b in word):
        by_text = ask(sampler, "the quick", max_tokens=40, seed=3, stop=word.decode()).result().sequences[0]
        assert bytes(min(t, 255) for t in by_text.tokens) == text[: text.index(word) + 2], (by_text.tokens, text)
    assert free.stop_reason == "length" and len(free.tokens) == 40


@case
def zero_temperature_takes_the_likeliest():
    sampler = base()
    answers = [ask(sampler, "hello", temperature=0.0, seed=s).result().sequences[0].tokens for s in (1, 2)]
    assert answers[0] == answers[1]
    limited = [ask(sampler, "hello", top_k=1, seed=s).result().sequences[0].tokens for s in (3, 4)]
    assert limited[0] == limited[1] == answers[0]


@case
def prompt_log_probabilities():
    sampler = base()
    logprobs = sampler.compute_logprobs(prompt("hello there")).result()
    assert logprobs[0] is None and len(logprobs) == len("hello there")
    assert all(lp <= 0 for lp in logprobs[1:])
    request = dict(prompt=prompt("hello there"), num_samples=1, include_prompt_logprobs=True, topk_prompt_logprobs=3)
    answer = sampler.sample(sampling_params=types.SamplingParams(max_tokens=1), **request).result()
    for a, b in zip(answer.prompt_logprobs[1:], logprobs[1:]):
        close(a, b)
    rows = answer.topk_prompt_logprobs
    assert rows[0] is None and all(len(row) == 3 for row in rows[1:])
    for token, row, lp in list(zip(tokens("hello there"), rows, logprobs))[1:]:
        assert [p for _, p in row] == sorted((p for _, p in row), reverse=True)
        for candidate, p in row:
            if candidate == token:
                close(p, lp)


@case
def prompt_log_probabilities_equal_those_of_training():
    client = trainer(seed=9)
    text = "over the hills"
    ids = tokens(text)
    from harness import text_datum

    forward = client.forward([text_datum(text)], "cross_entropy").result()
    sampler = settled(client.save_weights_and_get_sampling_client())
    for a, b in zip(forward.loss_fn_outputs[0]["logprobs"].data, sampler.compute_logprobs(types.ModelInput.from_ints(ids)).result()[1:]):
        close(a, b)


@case
def sampled_log_probabilities_are_those_of_the_distribution():
    sampler = base()
    sequence = ask(sampler, "ab", max_tokens=6, seed=5, stop=[]).result().sequences[0]
    whole = types.ModelInput.from_ints(tokens("ab") + list(sequence.tokens))
    checked = sampler.compute_logprobs(whole).result()[2:]
    for a, b in zip(sequence.logprobs, checked):
        close(a, b, 1e-3)
    assert all(math.isfinite(lp) for lp in sequence.logprobs)


@case
def tokenizer_is_found_by_the_model_s_name():
    tokenizer = base().get_tokenizer()
    assert tokenizer.encode("hello") == tokens("hello")
    assert tokenizer.decode([104, 105, END]) .startswith("hi")
    assert tokenizer.eos_token_id == END


main()
