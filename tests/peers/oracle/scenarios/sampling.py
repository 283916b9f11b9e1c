"""What can be asked of a sampler."""

from peer import prompt, refusal, scenario, settled, types


def ask(peer, text="the", n=1, more=None, **params):
    params = types.SamplingParams(**{"max_tokens": 6, "seed": 7, **params})
    answer = peer.base_sampler().sample(prompt=prompt(text), num_samples=n, sampling_params=params, **(more or {})).result()
    return {
        "tokens": [list(s.tokens) for s in answer.sequences],
        "logprobs": [list(s.logprobs) for s in answer.sequences],
        "ends": [s.stop_reason for s in answer.sequences],
    }


@scenario
def sample_one(peer):
    return ask(peer)


@scenario
def sample_four(peer):
    return ask(peer, n=4)


@scenario
def sample_without_seed(peer):
    params = types.SamplingParams(max_tokens=4)
    peer.base_sampler().sample(prompt=prompt("the"), num_samples=1, sampling_params=params).result()


@scenario
def sample_of_a_large_seed(peer):
    return ask(peer, seed=2**31 - 1)


@scenario
def sample_greedily(peer):
    return ask(peer, temperature=0.0)


@scenario
def sample_hot(peer):
    return ask(peer, temperature=1.7)


@scenario
def sample_top_k(peer):
    return ask(peer, top_k=5)


@scenario
def sample_top_p(peer):
    return ask(peer, top_p=0.8)


@scenario
def stop_at_a_string(peer):
    return ask(peer, max_tokens=40, stop="e")


@scenario
def stop_at_strings(peer):
    return ask(peer, max_tokens=40, stop=["a", " "])


@scenario
def stop_at_tokens(peer):
    return ask(peer, max_tokens=40, stop=[32, 101])


@scenario
def stop_at_nothing(peer):
    return ask(peer, stop=[])


def numbers(values):
    return [None if v is None else float(v) for v in values]


def ask_about_the_prompt(peer, **more):
    params = types.SamplingParams(max_tokens=1, seed=7)
    return peer.base_sampler().sample(prompt=prompt("prompt"), num_samples=1, sampling_params=params, **more).result()


@scenario
def logprobs_of_the_prompt(peer):
    return numbers(ask_about_the_prompt(peer, include_prompt_logprobs=True).prompt_logprobs)


@scenario
def likeliest_tokens_of_the_prompt(peer):
    answer = ask_about_the_prompt(peer, include_prompt_logprobs=True, topk_prompt_logprobs=3)
    return {"logprobs": numbers(answer.prompt_logprobs)}


@scenario
def compute_logprobs(peer):
    return numbers(peer.base_sampler().compute_logprobs(prompt("computed")).result())


@scenario
def twenty_at_once(peer):
    sampler = peer.base_sampler()
    futures = [
        sampler.sample(prompt=prompt(f"no {i}"), num_samples=1, sampling_params=types.SamplingParams(max_tokens=3, seed=i))
        for i in range(20)
    ]
    return [list(f.result().sequences[0].tokens) for f in futures]


@scenario
def sample_of_several_chunks(peer):
    chunks = [types.EncodedTextChunk(tokens=[104, 105]), types.EncodedTextChunk(tokens=[33])]
    params = types.SamplingParams(max_tokens=3, seed=1)
    sampler = peer.base_sampler()
    answer = sampler.sample(prompt=types.ModelInput(chunks=chunks), num_samples=1, sampling_params=params).result()
    return list(answer.sequences[0].tokens)


@scenario
def refused_length(peer):
    sampler = peer.base_sampler()
    params = types.SamplingParams(max_tokens=100_000)
    return refusal(lambda: sampler.sample(prompt=prompt("too long"), num_samples=1, sampling_params=params))


@scenario
def base_model_of_a_sampler(peer):
    return settled(peer.base_sampler().get_base_model())
