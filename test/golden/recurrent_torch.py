"""Writes recurrent_torch.json: outputs and gradients of GRU and LSTM that test/models/recurrent.test.ts holds ours to.

    pip install torch && python test/golden/recurrent_torch.py

Both layers return sequences. Weights are in Keras's layout: kernel [F, gates·U], recurrent kernel [U, gates·U]; gates are
z r h of a GRU, i f c o of an LSTM. torch.nn.LSTM has the same arithmetic and is used as it is. tfjs's GRU resets the
state before its product with the candidate's recurrent kernel (reset_after false); torch.nn.GRU resets after it, so that
one is written out here, step by step, on torch's autograd.
"""
import json
from pathlib import Path

import torch

torch.manual_seed(7)
torch.set_num_threads(1)
BATCH, STEPS, FEATURES, UNITS = 3, 6, 4, 5


def leaf(*shape):
    return (0.6 * torch.randn(*shape)).requires_grad_()


def gru(x, kernel, recurrent, bias):
    state = torch.zeros(BATCH, UNITS)
    states = []
    for step in range(STEPS):
        z_in, r_in, h_in = (x[:, step] @ kernel + bias).chunk(3, dim=1)
        z_state, r_state, _ = (state @ recurrent).chunk(3, dim=1)
        z, r = torch.sigmoid(z_in + z_state), torch.sigmoid(r_in + r_state)
        candidate = torch.tanh(h_in + (r * state) @ recurrent[:, 2 * UNITS:])
        state = z * state + (1 - z) * candidate
        states.append(state)
    return torch.stack(states, dim=1)


def lstm(x, kernel, recurrent, bias):
    layer = torch.nn.LSTM(FEATURES, UNITS, batch_first=True)
    parameters = {
        "weight_ih_l0": kernel.T, "weight_hh_l0": recurrent.T, "bias_ih_l0": bias, "bias_hh_l0": torch.zeros_like(bias),
    }
    return torch.func.functional_call(layer, parameters, (x,))[0]


def case(layer, gates):
    x, target = leaf(BATCH, STEPS, FEATURES), torch.randn(BATCH, STEPS, UNITS)
    weights = [leaf(FEATURES, gates * UNITS), leaf(UNITS, gates * UNITS), leaf(gates * UNITS)]
    outputs = layer(x, *weights)
    loss = ((outputs - target) ** 2).mean()
    gradients = torch.autograd.grad(loss, [*weights])
    flat = lambda tensor: tensor.detach().flatten().tolist()
    return {
        "x": flat(x), "target": flat(target), "weights": [flat(w) for w in weights],
        "outputs": flat(outputs), "loss": loss.item(), "gradients": [flat(g) for g in gradients],
    }


golden = {
    "torch": torch.__version__.split("+")[0],
    "shape": [BATCH, STEPS, FEATURES, UNITS],
    "gru": case(gru, 3),
    "lstm": case(lstm, 4),
}
Path(__file__).with_suffix(".json").write_text(json.dumps(golden, separators=(",", ":")) + "\n")
