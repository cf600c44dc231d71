"""The fine-tuning step's peer in PyTorch: MobileNetV2 0.35, a dense layer a frame, all frames' to the classes.

    pip install torch && python bench/peers/torch_step.py --size 64 --batch 16 --threads 2 --channels-last

Times whole steps (forward, cross-entropy, backward, AdamW; every parameter learns) on one synthetic batch that
lies in memory, and prints one JSON line: medianMs, times (ms, in order), torch, threads, parameters and the
arguments. The backbone is that of models/mobilenet_v2_035_224_tm, layer for layer, except that strided
convolutions pad all sides by 1, inside the convolution (same sizes and FLOPs, one copy less than Keras's pad).
"""
import argparse
import json
import statistics
import time

import torch
from torch import nn

FEATURES = 48  # a frame, in the head
# Expansion, output channels, repeats, first stride: Sandler et al. 2018, table 2, channels at width 0.35.
BLOCKS = [(1, 8, 1, 1), (6, 8, 2, 2), (6, 16, 3, 2), (6, 24, 4, 2), (6, 32, 3, 1), (6, 56, 3, 2), (6, 112, 1, 1)]


class ClipClassifier(nn.Module):
    """[B·T, 3, H, W] in [-1, 1] → [B, classes] logits."""

    def __init__(self, frames, classes):
        super().__init__()
        layers = convolution(3, 16, kernel=3, stride=2)
        channels = 16
        for expansion, outputs, repeats, stride in BLOCKS:
            for repeat in range(repeats):
                layers.append(InvertedResidual(channels, outputs, expansion, stride if repeat == 0 else 1))
                channels = outputs
        self.backbone = nn.Sequential(*layers, *convolution(channels, 1280))
        self.frame = nn.Linear(1280, FEATURES)
        self.classes = nn.Linear(frames * FEATURES, classes)
        self.frames = frames

    def forward(self, x):
        pooled = self.backbone(x).mean((2, 3))
        features = torch.relu(self.frame(pooled))
        return self.classes(features.reshape(-1, self.frames * FEATURES))


class InvertedResidual(nn.Module):
    def __init__(self, inputs, outputs, expansion, stride):
        super().__init__()
        hidden = inputs * expansion
        expand = convolution(inputs, hidden) if expansion > 1 else []
        self.layers = nn.Sequential(
            *expand,
            *convolution(hidden, hidden, kernel=3, stride=stride, groups=hidden),
            *convolution(hidden, outputs, activation=False),
        )
        self.residual = stride == 1 and inputs == outputs

    def forward(self, x):
        y = self.layers(x)
        return x + y if self.residual else y


def convolution(inputs, outputs, kernel=1, stride=1, groups=1, activation=True):
    layers = [
        nn.Conv2d(inputs, outputs, kernel, stride, padding=kernel // 2, groups=groups, bias=False),
        nn.BatchNorm2d(outputs, eps=1e-3, momentum=1e-3),
    ]
    return layers + [nn.ReLU6(inplace=True)] if activation else layers


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
    parser.add_argument("--size", type=int, default=64, help="pixels a side")
    parser.add_argument("--batch", type=int, default=16, help="clips a step")
    parser.add_argument("--frames", type=int, default=8, help="frames a clip")
    parser.add_argument("--classes", type=int, default=4)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--mode", choices=["frozen-bn", "train-bn"], default="frozen-bn",
                        help="batch-norm statistics: the pretrained ones, or the batch's; scale and shift learn")
    parser.add_argument("--channels-last", action="store_true", help="NHWC in memory")
    parser.add_argument("--steps", type=int, default=20, help="timed steps")
    parser.add_argument("--warmup", type=int, default=3, help="steps before them")
    return parser.parse_args()


def main():
    given = arguments()
    torch.set_num_threads(given.threads)
    torch.manual_seed(1)
    layout = torch.channels_last if given.channels_last else torch.contiguous_format
    x = torch.rand(given.batch * given.frames, 3, given.size, given.size) * 2 - 1
    x = x.contiguous(memory_format=layout)
    labels = torch.randint(given.classes, (given.batch,))
    model = ClipClassifier(given.frames, given.classes).to(memory_format=layout)
    calibrate(model, x)
    for norm in norms(model):
        norm.train(given.mode == "train-bn")
    # Fused is the fastest of torch's AdamW on CPUs, with the same result.
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4, fused=True)

    def step():
        optimizer.zero_grad(set_to_none=True)
        loss = nn.functional.cross_entropy(model(x), labels)
        loss.backward()
        optimizer.step()
        return loss.item()

    for _ in range(given.warmup):
        step()
    times = []
    for _ in range(given.steps):
        started = time.perf_counter()
        loss = step()
        times.append(round((time.perf_counter() - started) * 1000, 2))
    print(json.dumps({
        "medianMs": statistics.median(times),
        "times": times,
        "torch": torch.__version__,
        "threads": torch.get_num_threads(),
        "parameters": sum(parameter.numel() for parameter in model.parameters()),
        "loss": loss,
        **{key: value for key, value in vars(given).items() if key != "threads"},
    }))


if __name__ == "__main__":
    main()
