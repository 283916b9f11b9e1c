"""Opening: sessions, models, samplers."""

from peer import MODEL, lesson, prompt, refusal, scenario, settled, types


def first_tokens(sampler, count=2):
    params = types.SamplingParams(max_tokens=count, temperature=0.0)
    return sampler.sample(prompt=prompt("hi"), num_samples=1, sampling_params=params).result().sequences[0].tokens


@scenario
def capabilities(peer):
    models = settled(peer.service().create_rest_client().get_server_capabilities() if hasattr(peer.service().create_rest_client(), "get_server_capabilities") else peer.service().get_server_capabilities()).supported_models
    return [m.model_name for m in models]


@scenario
def model_by_default(peer):
    settled(peer.service().create_lora_training_client(base_model=MODEL))


@scenario
def model_of_a_rank_and_seed(peer):
    settled(peer.service().create_lora_training_client(base_model=MODEL, rank=8, seed=42))


@scenario
def model_without_mlp(peer):
    peer.trainer(train_mlp=False)


@scenario
def model_of_attention_only(peer):
    peer.trainer(train_mlp=False, train_unembed=False)


@scenario
def model_with_metadata(peer):
    peer.trainer(user_metadata={"purpose": "oracle", "note": "ünïcode"})


@scenario
def session_with_metadata(peer):
    settled(peer.service(user_metadata={"who": "oracle"}).create_lora_training_client(base_model=MODEL, rank=4))


@scenario
def session_in_a_project(peer):
    settled(peer.service(project_id="project-7").create_lora_training_client(base_model=MODEL, rank=4))


@scenario
def two_models_of_one_session(peer):
    service = peer.service()
    for rank in (2, 4):
        settled(service.create_lora_training_client(base_model=MODEL, rank=rank, seed=rank))


@scenario
def info_of_a_model(peer):
    info = settled(peer.trainer().get_info())
    return {"name": info.model_data.model_name}


def saved(peer):
    client = peer.trainer(rank=4, seed=3)
    client.forward_backward([lesson("saved state")], "cross_entropy").result()
    client.optim_step(types.AdamParams(learning_rate=1e-3)).result()
    return client.save_state("before").result().path


@scenario
def model_from_state(peer):
    path = saved(peer)
    client = settled(peer.service().create_training_client_from_state(path))
    return client.forward([lesson("saved state")], "cross_entropy").result().metrics["loss:sum"]


@scenario
def model_from_state_with_optimizer(peer):
    path = saved(peer)
    client = settled(peer.service().create_training_client_from_state_with_optimizer(path))
    return client.forward([lesson("saved state")], "cross_entropy").result().metrics["loss:sum"]


@scenario
def model_from_state_with_metadata(peer):
    path = saved(peer)
    settled(peer.service().create_training_client_from_state(path, user_metadata={"stage": "2"}))


@scenario
def sampler_of_the_base_model(peer):
    return first_tokens(peer.base_sampler())


@scenario
def sampler_of_saved_weights(peer):
    path = peer.trainer().save_weights_for_sampler("named").result().path
    return first_tokens(settled(peer.service().create_sampling_client(model_path=path)))


@scenario
def sampler_of_a_path_and_base_model(peer):
    path = peer.trainer().save_weights_for_sampler("named").result().path
    return first_tokens(settled(peer.service().create_sampling_client(model_path=path, base_model=MODEL)))


@scenario
def two_samplers_of_one_session(peer):
    service = peer.service()
    return [first_tokens(settled(service.create_sampling_client(base_model=MODEL))) for _ in range(2)]


@scenario
def refused_rank(peer):
    return refusal(lambda: peer.service().create_lora_training_client(base_model=MODEL, rank=12))


@scenario
def refused_model(peer):
    return refusal(lambda: peer.service().create_lora_training_client(base_model="Nobody/nothing", rank=4))


@scenario
def refused_base_model_of_a_sampler(peer):
    return refusal(lambda: peer.service().create_sampling_client(base_model="Nobody/nothing"))


@scenario
def refused_path_of_a_sampler(peer):
    path = "tinker://nobody/sampler_weights/nothing"
    return refusal(lambda: peer.service().create_sampling_client(model_path=path))


@scenario
def refused_path_of_a_state(peer):
    return refusal(lambda: peer.service().create_training_client_from_state("tinker://nobody/weights/nothing"))
