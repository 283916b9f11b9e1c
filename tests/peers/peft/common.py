"""What the scripts here share: the base model in transformers, adapters of the server's on it through PEFT, log-probabilities of both."""

import os
import sys
import tarfile
import tempfile
import urllib.request

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "sdk"))

import peft  # noqa: E402
import torch  # noqa: E402
import transformers  # noqa: E402
from harness import service, settled, types  # noqa: E402

FOLDER = os.environ["PEER_MODEL_FOLDER"]
torch.set_num_threads(1)
transformers.utils.logging.disable_progress_bar()


def base():
    """The shipped weights in f32; attention written out, as it is the definition."""
    kind = transformers.AutoModelForCausalLM
    return kind.from_pretrained(FOLDER, dtype=torch.float32, attn_implementation="eager").eval()


def unpack(path):
    """Downloads a checkpoint as the SDK does and unpacks it; the folder."""
    answer = service().create_rest_client().get_checkpoint_archive_url_from_tinker_path(path).result()
    folder = tempfile.mkdtemp()
    archive = os.path.join(folder, "archive.tar")
    urllib.request.urlretrieve(answer.url, archive)
    with tarfile.open(archive) as tar:
        tar.extractall(folder, filter="data")
    return folder


def with_adapter(folder, trainable=False):
    return peft.PeftModel.from_pretrained(base(), folder, is_trainable=trainable)


def logprobs_of(model, ids):
    """Entry i: log p(ids[i+1] | ids[..i])."""
    with torch.no_grad():
        table = model(torch.tensor([ids])).logits[0].double().log_softmax(-1)
    return [float(table[i, token]) for i, token in enumerate(ids[1:])]


def served_logprobs(sampler, ids):
    return sampler.compute_logprobs(types.ModelInput.from_ints(ids)).result()[1:]


def distance(a, b):
    assert len(a) == len(b) > 0, (len(a), len(b))
    return max(abs(x - y) for x, y in zip(a, b))


def sampler_of(path):
    return settled(service().create_sampling_client(model_path=path))
