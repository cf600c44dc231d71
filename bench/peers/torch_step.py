"""The fine-tuning step's peer in PyTorch, on the networks of torch_nets.py.

    pip install torch && python bench/peers/torch_step.py --net mobilenet-035 --size 64 --batch 16 --channels-last

Times whole steps (forward, cross-entropy, backward, AdamW; every parameter learns) on one synthetic batch that
lies in memory, and prints one JSON line: medianMs, times (ms, in order), residentMb (the most that the process held),
hostMs (processor time of a step),
torch, threads, parameters and the arguments. MobileNet is that of models/mobilenet_v2_035_224_tm, layer for layer, except
that strided convolutions pad all sides by 1, inside the convolution (same sizes and FLOPs, one copy less than Keras's pad).
With --augment a step begins with bytes: each clip is flipped or not, then scaled to floats.
"""
import argparse
import json
import resource
import statistics
import time

import torch
from torch import nn

from torch_nets import NAMES, network


def norms(model):
    return [module for module in model.modules() if isinstance(module, nn.BatchNorm2d)]


@torch.no_grad()
def calibrate(model, x):
    """Statistics as a pretrained network has them: without, activations fade into slow denormal numbers."""
    momentum = [norm.momentum for norm in norms(model)]
    for norm in norms(model):
        norm.momentum = None  # the plain average of what was seen
    model.train()
    model(x)
    for norm, value in zip(norms(model), momentum):
        norm.momentum = value


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--net", choices=NAMES, default="mobilenet-035")
    parser.add_argument("--size", type=int, default=64, help="pixels a side")
    parser.add_argument("--batch", type=int, default=16, help="clips a step")
    parser.add_argument("--frames", type=int, default=8, help="frames a clip, rows of a sequence")
    parser.add_argument("--classes", type=int, default=4)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--device", default="cpu", help="cpu or cuda")
    parser.add_argument("--tf32", action="store_true", help="on a GPU: let products be rounded to TF32")
    parser.add_argument("--mode", choices=["frozen-bn", "train-bn"], default="frozen-bn",
                        help="batch-norm statistics: the pretrained ones, or the batch's; scale and shift learn")
    parser.add_argument("--dropout", type=float, default=0.0, help="before the classes")
    parser.add_argument("--augment", action="store_true", help="flip clips at random")
    parser.add_argument("--channels-last", action="store_true", help="NHWC in memory")
    parser.add_argument("--steps", type=int, default=20, help="timed steps")
    parser.add_argument("--warmup", type=int, default=3, help="steps before them")
    return parser.parse_args()


def inputs(given, channels, layout):
    """What each step begins with: a function that gives the network's input."""
    if channels is None:
        rows = torch.randn(given.batch, given.frames, 42)
        tokens = torch.randint(65, (given.batch, given.frames))
        x = (rows if given.net == "gru-tiny" else tokens).to(given.device)
        return lambda: x
    shape = (given.batch, given.frames, channels, given.size, given.size)
    if not given.augment:
        x = (torch.rand(shape) * 2 - 1).flatten(0, 1).contiguous(memory_format=layout).to(given.device)
        return lambda: x
    bytes_ = torch.randint(256, shape, dtype=torch.uint8)

    def augmented():
        flipped = torch.stack([clip.flip(-1) if torch.rand(()) < 0.5 else clip for clip in bytes_])
        x = flipped.flatten(0, 1).contiguous(memory_format=layout).to(given.device)
        return x.float() / 127.5 - 1

    return augmented


def main():
    given = arguments()
    torch.set_num_threads(given.threads)
    torch.manual_seed(1)
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = given.tf32
    layout = torch.channels_last if given.channels_last else torch.contiguous_format
    model, channels = network(given.net, given.frames, given.classes, given.dropout)
    model = model.to(given.device)
    entering = inputs(given, channels, layout)
    if channels is not None:
        model = model.to(memory_format=layout)
    labels = torch.randint(given.classes, (given.batch,)).to(given.device)
    calibrate(model, entering())
    for norm in norms(model):
        norm.train(given.mode == "train-bn")
    # Fused is the fastest of torch's AdamW on CPUs, with the same result.
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4, fused=True)

    def step():
        optimizer.zero_grad(set_to_none=True)
        loss = nn.functional.cross_entropy(model(entering()), labels)
        loss.backward()
        optimizer.step()
        return loss.item()

    for _ in range(given.warmup):
        step()
    times = []
    used = time.process_time()
    for _ in range(given.steps):
        started = time.perf_counter()
        loss = step()
        times.append(round((time.perf_counter() - started) * 1000, 2))
    print(json.dumps({
        "medianMs": statistics.median(times),
        "times": times,
        "hostMs": round((time.process_time() - used) * 1000 / given.steps, 2),
        "residentMb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
        "torch": torch.__version__,
        "card": torch.cuda.get_device_name(0) if given.device == "cuda" else None,
        "threads": torch.get_num_threads(),
        "parameters": sum(parameter.numel() for parameter in model.parameters()),
        "loss": loss,
        **{key: value for key, value in vars(given).items() if key != "threads"},
    }))


if __name__ == "__main__":
    main()
