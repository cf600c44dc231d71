"""The networks of torch_step.py, each as ours is under its head: layers, sizes and parameters alike."""
import torch
from torch import nn
from torch.nn import functional as F

FEATURES = 48  # a frame, in the two-layer head
# Expansion, output channels, repeats, first stride: Sandler et al. 2018, table 2, at width 0.35 and 1.0.
BLOCKS = [(1, 8, 1, 1), (6, 8, 2, 2), (6, 16, 3, 2), (6, 24, 4, 2), (6, 32, 3, 1), (6, 56, 3, 2), (6, 112, 1, 1)]
WIDE_BLOCKS = [(1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2),
               (6, 320, 1, 1)]


class ClipClassifier(nn.Module):
    """[B·T, 3, H, W] in [-1, 1] → [B, classes] logits: MobileNetV2, a dense layer a frame, all frames' to the classes."""

    def __init__(self, frames, classes, blocks=BLOCKS, first=16, dropout=0.0):
        super().__init__()
        layers = convolution(3, first, kernel=3, stride=2)
        channels = first
        for expansion, outputs, repeats, stride in blocks:
            for repeat in range(repeats):
                layers.append(InvertedResidual(channels, outputs, expansion, stride if repeat == 0 else 1))
                channels = outputs
        self.backbone = nn.Sequential(*layers, *convolution(channels, 1280))
        self.frame = nn.Linear(1280, FEATURES)
        self.dropout = nn.Dropout(dropout)
        self.classes = nn.Linear(frames * FEATURES, classes)
        self.frames = frames

    def forward(self, x):
        pooled = self.backbone(x).mean((2, 3))
        features = torch.relu(self.frame(pooled))
        return self.classes(self.dropout(features.reshape(-1, self.frames * FEATURES)))


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


class ResNet20(nn.Module):
    """For 32x32 pictures, shortcuts without weights (He et al. 2016, option A)."""

    def __init__(self, classes):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 16, 3, padding=1, bias=False), nn.BatchNorm2d(16), nn.ReLU())
        widths = [16] * 3 + [32] * 3 + [64] * 3
        inputs = [16, *widths[:-1]]
        self.blocks = nn.ModuleList(
            nn.Sequential(
                nn.Conv2d(a, b, 3, stride=b // a, padding=1, bias=False), nn.BatchNorm2d(b), nn.ReLU(),
                nn.Conv2d(b, b, 3, padding=1, bias=False), nn.BatchNorm2d(b),
            )
            for a, b in zip(inputs, widths)
        )
        self.classes = nn.Linear(64, classes)

    def forward(self, x):
        x = self.stem(x)
        for block in self.blocks:
            y = block(x)
            if y.shape != x.shape:
                grown = y.shape[1] - x.shape[1]
                x = F.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, grown // 2, grown // 2))
            x = torch.relu(x + y)
        return self.classes(x.mean((2, 3)))


class MnistCnn(nn.Module):
    """Two convolutions, the mean of their map, and the classes: of one frame, or behind a GRU over frames."""

    def __init__(self, frames, classes, recurrent):
        super().__init__()
        self.layers = nn.Sequential(nn.Conv2d(1, 32, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(32, 64, 3), nn.ReLU(),
                                    nn.MaxPool2d(2))
        self.gru = nn.GRU(64, 64, batch_first=True) if recurrent else None
        self.classes = nn.Linear(64, classes)
        self.frames = frames

    def forward(self, x):
        features = self.layers(x).mean((2, 3))
        if self.gru is not None:
            features = self.gru(features.reshape(-1, self.frames, 64))[0][:, -1]
        return self.classes(features)


class GruTiny(nn.Module):
    """Three GRUs, each on what came before: tanh within, where ours has ReLU, since torch's have no other."""

    def __init__(self, rows, classes):
        super().__init__()
        self.dense = nn.Linear(42, 24)
        self.vad = nn.GRU(24, 24, batch_first=True)
        self.noise = nn.GRU(90, 48, batch_first=True)
        self.denoise = nn.GRU(114, 96, batch_first=True)
        self.classes = nn.Linear(96 * rows, classes)

    def forward(self, x):
        dense = torch.tanh(self.dense(x))
        vad, _ = self.vad(dense)
        noise, _ = self.noise(torch.cat([dense, vad, x], -1))
        denoise, _ = self.denoise(torch.cat([vad, noise, x], -1))
        return self.classes(denoise.flatten(1))


class CharLstm(nn.Module):
    def __init__(self, rows, classes):
        super().__init__()
        self.embedding = nn.Embedding(65, 128)
        self.lstm = nn.LSTM(128, 128, num_layers=2, batch_first=True)
        self.classes = nn.Linear(128 * rows, classes)

    def forward(self, x):
        return self.classes(self.lstm(self.embedding(x))[0].flatten(1))


def network(name, frames, classes, dropout):
    """The model, and the channels of a picture it takes; None: sequences."""
    if name == "mobilenet-035":
        return ClipClassifier(frames, classes, dropout=dropout), 3
    if name == "mobilenet-100":
        return ClipClassifier(frames, classes, WIDE_BLOCKS, 32, dropout), 3
    if name == "resnet20":
        return ResNet20(classes), 3
    if name in ("mnist-cnn", "gru-head"):
        return MnistCnn(frames, classes, recurrent=name == "gru-head"), 1
    return (GruTiny if name == "gru-tiny" else CharLstm)(frames, classes), None


NAMES = ["mobilenet-035", "mobilenet-100", "resnet20", "mnist-cnn", "gru-head", "gru-tiny", "char-lstm"]
