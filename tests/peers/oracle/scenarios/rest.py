"""Runs, checkpoints and sessions as the server lists them; errors of these routes."""

from peer import MODEL, Lacking, refusal, scenario, settled


def rest(peer):
    return peer.service().create_rest_client()


def run_of(path):
    return path.split("/")[2]


def state(peer, name="kept"):
    return peer.trainer(user_metadata={"case": "rest"}).save_state(name).result().path


def sampler(peer, name="weights"):
    return peer.trainer().save_weights_for_sampler(name).result().path


@scenario
def list_runs(peer):
    rest(peer).list_training_runs().result()


@scenario
def list_runs_by_page(peer):
    rest(peer).list_training_runs(limit=3, offset=2).result()


@scenario
def get_a_run(peer):
    run = rest(peer).get_training_run(run_of(state(peer))).result()
    return {"base": run.base_model, "rank": run.lora_rank, "metadata": run.user_metadata}


@scenario
def list_checkpoints_of_a_run(peer):
    found = rest(peer).list_checkpoints(run_of(state(peer))).result().checkpoints
    return [{"id": c.checkpoint_id, "type": c.checkpoint_type, "public": c.public} for c in found]


@scenario
def list_all_checkpoints(peer):
    rest(peer).list_user_checkpoints().result()


@scenario
def list_all_checkpoints_by_page(peer):
    rest(peer).list_user_checkpoints(limit=2, offset=1).result()


@scenario
def publish(peer):
    path = state(peer)
    rest(peer).publish_checkpoint_from_tinker_path(path).result()
    return [c.public for c in rest(peer).list_checkpoints(run_of(path)).result().checkpoints]


@scenario
def unpublish(peer):
    path = state(peer)
    client = rest(peer)
    client.publish_checkpoint_from_tinker_path(path).result()
    client.unpublish_checkpoint_from_tinker_path(path).result()
    return [c.public for c in client.list_checkpoints(run_of(path)).result().checkpoints]


@scenario
def expire_in_two_hours(peer):
    path = state(peer)
    client = rest(peer)
    client.set_checkpoint_ttl_from_tinker_path(path, 7200).result()
    return [c.expires_at is not None for c in client.list_checkpoints(run_of(path)).result().checkpoints]


@scenario
def never_expire(peer):
    path = peer.trainer().save_state("short", ttl_seconds=3600).result().path
    client = rest(peer)
    client.set_checkpoint_ttl_from_tinker_path(path, None).result()
    return [c.expires_at is not None for c in client.list_checkpoints(run_of(path)).result().checkpoints]


@scenario
def delete_a_state(peer):
    path = state(peer)
    client = rest(peer)
    client.delete_checkpoint_from_tinker_path(path).result()
    return len(client.list_checkpoints(run_of(path)).result().checkpoints)


@scenario
def delete_sampler_weights(peer):
    path = sampler(peer)
    client = rest(peer)
    client.delete_checkpoint_from_tinker_path(path).result()
    return len(client.list_checkpoints(run_of(path)).result().checkpoints)


@scenario
def address_of_an_archive(peer):
    path = sampler(peer)
    ask = getattr(rest(peer), "get_checkpoint_archive_url_from_tinker_path", None)
    if ask is None:
        raise Lacking("the SDK has no method for archives any more")
    return settled(ask(path)).url.startswith("http")


@scenario
def weights_info(peer):
    info = rest(peer).get_weights_info_by_tinker_path(state(peer)).result()
    return {"base": info.base_model, "lora": info.is_lora, "rank": info.lora_rank}


@scenario
def list_sessions(peer):
    rest(peer).list_sessions().result()


@scenario
def list_sessions_by_page(peer):
    rest(peer).list_sessions(limit=2, offset=1).result()


@scenario
def get_a_session(peer):
    service = peer.service()
    settled(service.create_lora_training_client(base_model=MODEL, rank=2))
    settled(service.create_sampling_client(base_model=MODEL))
    session = service.create_rest_client().get_session(service.holder.get_session_id()).result()
    return {"runs": len(session.training_run_ids), "samplers": len(session.sampler_ids)}


@scenario
def unknown_run(peer):
    return refusal(lambda: rest(peer).get_training_run("nobody"))


@scenario
def unknown_checkpoint_to_delete(peer):
    return refusal(lambda: rest(peer).delete_checkpoint_from_tinker_path("tinker://nobody/weights/nothing"))


@scenario
def unknown_checkpoint_to_ask_about(peer):
    return refusal(lambda: rest(peer).get_weights_info_by_tinker_path("tinker://nobody/weights/nothing"))


@scenario
def unknown_session(peer):
    return refusal(lambda: rest(peer).get_session("nobody"))
