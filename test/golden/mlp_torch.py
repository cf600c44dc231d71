"""Figures of PyTorch for test/agents/mlp.test.ts: python mlp_torch.py > mlp_torch.json"""
import json
import sys

import torch

torch.manual_seed(3)
torch.set_num_threads(1)
INPUTS, HIDDEN, OUTPUTS, ROWS, STEPS = 5, [8, 6], 3, 7, 50


def flat(tensors):
    return torch.cat([t.detach().reshape(-1) for t in tensors]).tolist()


layers, size = [], INPUTS
for width in HIDDEN:
    layers += [torch.nn.Linear(size, width), torch.nn.Tanh()]
    size = width
net = torch.nn.Sequential(*layers, torch.nn.Linear(size, OUTPUTS))
batch, output_gradient, target = torch.randn(ROWS, INPUTS), torch.randn(ROWS, OUTPUTS), torch.randn(ROWS, OUTPUTS)
parameters = flat(net.parameters())
outputs = net(batch)
gradient = flat(torch.autograd.grad(outputs, list(net.parameters()), output_gradient))

optimizer = torch.optim.Adam(net.parameters(), lr=0.01)
losses = []
for _ in range(STEPS):
    loss = 0.5 * ((net(batch) - target) ** 2).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    losses.append(loss.item())

weights = torch.nn.Parameter(torch.randn(6))
gradients = torch.randn(STEPS, 6) * torch.tensor([1e-6, 1e-3, 0.1, 1.0, 10.0, 1e3])
adam = torch.optim.Adam([weights], lr=0.003, betas=(0.8, 0.99), eps=1e-5)
path = [weights.tolist()]
for g in gradients:
    weights.grad = g.clone()
    adam.step()
    path.append(weights.tolist())

json.dump(
    {
        "torch": torch.__version__.split("+")[0],
        "mlp": {
            "inputs": INPUTS,
            "hidden": HIDDEN,
            "outputs": OUTPUTS,
            "rows": ROWS,
            "parameters": parameters,
            "batch": flat([batch]),
            "result": flat([outputs]),
            "outputGradient": flat([output_gradient]),
            "gradient": gradient,
            "target": flat([target]),
            "losses": losses,
            "trained": flat(net.parameters()),
        },
        "adam": {"gradients": gradients.tolist(), "path": path},
    },
    sys.stdout,
)
