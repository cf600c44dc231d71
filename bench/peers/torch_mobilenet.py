"""MobileNetV2 0.35 in PyTorch with Keras's weights, one numpy file a layer and role: torch_finetune.py, torch_dense.py."""
import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from torch_nets import BLOCKS


class Backbone(nn.Module):
    """MobileNetV2 0.35 as Keras has it, with the weights of FOLDER/weights: [N, 3, H, W] → [N, 1280], pooled."""

    def __init__(self, folder, until=None):
        """until: the block whose expansion is the last layer; none: all."""
        super().__init__()
        layers = [Convolution(folder, "Conv1", "bn_Conv1", stride=2)]
        repeats = [(expansion, stride if repeat == 0 else 1)
                   for expansion, _, count, stride in BLOCKS for repeat in range(count)]
        for index, (expansion, stride) in enumerate(repeats):
            name = f"block_{index}" if index > 0 else "expanded_conv"
            if index == until:
                layers.append(Convolution(folder, f"{name}_expand", f"{name}_expand_BN"))
                break
            layers.append(InvertedResidual(folder, name, expansion > 1, stride))
        else:
            layers.append(Convolution(folder, "Conv_1", "Conv_1_bn"))
        self.layers = nn.Sequential(*layers)

    def forward(self, x):
        return self.layers(x.contiguous(memory_format=torch.channels_last)).mean((2, 3))


class InvertedResidual(nn.Module):
    def __init__(self, folder, name, expands, stride):
        super().__init__()
        part = lambda role, **options: Convolution(folder, f"{name}_{role}", f"{name}_{role}_BN", **options)
        expand = [part("expand")] if expands else []
        self.layers = nn.Sequential(*expand, part("depthwise", stride=stride), part("project", activation=False))
        self.stride = stride

    def forward(self, x):
        y = self.layers(x)
        return x + y if self.stride == 1 and x.shape == y.shape else y


class Convolution(nn.Module):
    """Convolution, batch normalisation, ReLU6. A stride of 2 pads right and below alone, as Keras's ZeroPadding2D does."""

    def __init__(self, folder, convolution, norm, stride=1, activation=True):
        super().__init__()
        weight = lambda layer, role: torch.from_numpy(np.load(folder / "weights" / f"{layer}.{role}.npy"))
        depthwise = convolution.endswith("depthwise")
        kernel = weight(convolution, "depthwise_kernel" if depthwise else "kernel")  # [h, w, in, out]
        kernel = kernel.permute(2, 3, 0, 1) if depthwise else kernel.permute(3, 2, 0, 1)
        self.kernel = nn.Parameter(kernel.contiguous(memory_format=torch.channels_last))
        self.norm = nn.BatchNorm2d(len(kernel), eps=1e-3)
        for own, role in [("weight", "gamma"), ("bias", "beta"), ("running_mean", "moving_mean"),
                          ("running_var", "moving_variance")]:
            getattr(self.norm, own).data = weight(norm, role)
        self.stride, self.groups, self.activation = stride, len(kernel) if depthwise else 1, activation

    def forward(self, x):
        size = self.kernel.shape[-1]
        if size > 1:
            x = F.pad(x, (0, 1, 0, 1) if self.stride == 2 else (1, 1, 1, 1))
        y = self.norm(F.conv2d(x, self.kernel, stride=self.stride, groups=self.groups))
        return F.relu6(y) if self.activation else y
