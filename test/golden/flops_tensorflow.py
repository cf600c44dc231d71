"""Writes flops_tensorflow.json: TensorFlow's profiler's FLOPs that test/models/flops.test.ts holds our count to.

python -m pip install tensorflow-cpu==2.21.0 tf_keras==2.21.0 && python test/golden/flops_tensorflow.py

Forward: what the profiler says of each layer, by kind of operation, for one input. Batch normalisation is built
unfused and recurrent layers unrolled, since it has no figure for the fused operation and reads a loop's body once.
Networks are those of models/, and what test/support/flops-nets.ts describes: our heads, and layers that none of them has.
A training step: its figures for the gradients' convolutions and matrix products, with two corrections.
- It counts a convolution's gradients, which a transposed convolution's forward pass is one of, at (positions of the input) / strides, not at the positions of the output:
  the same for "same" padding of even sizes, else scaled here by the ratio of the two, which leaves whole numbers.
- It has no figure for a depthwise convolution's gradients: they are those of a convolution of one channel.
"""
import json
import math
import pathlib
import re
import subprocess

import tensorflow as tf
import tf_keras
from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

ROOT = pathlib.Path(__file__).parents[2]
v1 = tf.compat.v1

# Shapes without the batch, the layers that end the first and second of three groups, and which groups are trained.
EVERY = [[True, True, True], [False, True, True], [False, True, False], [True, False, True], [False, False, True]]
NETS = [
    ("mobilenet_v2_035_224_tm", [224, 224, 3], ["block_3_project_BN", "out_relu"], EVERY),
    ("resnet20_cifar10", [32, 32, 3], ["s2_b0_relu2", "s3_b2_relu2"], EVERY),
    ("mnist_cnn", [28, 28, 1], ["max_pooling2d", "flatten"], EVERY),
    ("tiny_face_detector", [160, 224, 3], ["pool1", "pool5"], EVERY),
    ("char_lstm", [8], ["lstm_0", "lstm_1"], EVERY),
    ("gru_tiny", [8, 42], [], [[True]]),
    ("meshnet_conv3d", [256, 256, 256, 1], [], []),
]


class UnrolledConvLSTM2D(tf_keras.layers.ConvLSTM2D):
    """Step by step: Keras's own is always a loop."""

    def call(self, inputs):
        steps = tf.unstack(inputs, axis=1)
        positions = self.compute_output_shape(inputs.shape)[-3:]
        states, outputs = [tf.zeros([1, *positions])] * 2, []
        for step in steps:
            output, states = self.cell(step, states)
            outputs.append(output)
        return tf.stack(outputs, axis=1) if self.return_sequences else output


def topology_of(name):
    topology = json.loads((ROOT / "models" / name / "model.json").read_text())["modelTopology"]
    return topology.get("model_config", topology)


def read(topology, shape=None):
    """The Keras model of a tfjs model.json up to its first output, and its layers in order, nested ones opened."""
    text = json.dumps(prepared(topology, shape))
    model = tf_keras.models.model_from_json(text, custom_objects={"ConvLSTM2D": UnrolledConvLSTM2D})
    model = tf_keras.Model(model.inputs, model.outputs[0])
    return model, list(leaves(model))


def prepared(value, shape):
    """A part of the topology, with this input shape, in a form that Keras 2 reads and the profiler has figures for."""
    if isinstance(value, list):
        return [prepared(item, shape) for item in value]
    if not isinstance(value, dict):
        return value
    value = {key: prepared(item, shape) for key, item in value.items()}
    kind = value.get("class_name")
    if kind == "DTypePolicy":
        return "float32"
    if kind == "InputLayer" and shape is not None:
        value["config"] = {"name": value["config"]["name"], "batch_input_shape": [None, *shape]}
    if kind == "BatchNormalization":
        value["config"]["fused"] = False
    if kind in ("GRU", "LSTM", "SimpleRNN"):
        value["config"]["unroll"] = True
    return value


def leaves(model):
    for layer in model.layers:
        if isinstance(layer, tf_keras.layers.TimeDistributed):
            layer = layer.layer
        yield from leaves(layer) if hasattr(layer, "layers") else [layer]


def profile(graph):
    """FLOPs of each operation that the profiler has a figure for."""
    options = v1.profiler.ProfileOptionBuilder(v1.profiler.ProfileOptionBuilder.float_operation())
    found = {}

    def visit(node):
        if node.float_ops:
            found[node.name] = node.float_ops
        for child in node.children:
            visit(child)

    visit(v1.profiler.profile(graph, cmd="scope", options=options.with_empty_output().build()))
    return found


def traced(function, shape):
    """The graph of a function of one input, without what its results don't need."""
    concrete = tf.function(function).get_concrete_function(tf.TensorSpec([1, *shape]))
    frozen = convert_variables_to_constants_v2(concrete)
    outputs = [output.op.name for output in frozen.outputs]
    pruned = v1.graph_util.extract_sub_graph(frozen.graph.as_graph_def(), outputs)
    graph = tf.Graph()
    with graph.as_default():
        tf.import_graph_def(pruned, name="")
    return graph


def by_layer(graph, layers):
    """(layer, operation, FLOPs by the profiler) of every operation of a layer."""
    names, flops = {layer.name for layer in layers}, profile(graph)
    for operation in graph.get_operations():
        layer = next((name for part in operation.name.split("/") for name in owners(part) if name in names), None)
        if layer is not None:
            yield layer, operation, flops.get(operation.name, 0)


def owners(scope):
    """The layer that a scope may be of: one that is called again has a number behind its name."""
    return scope, re.sub(r"_\d+$", "", scope)


def forward(model, layers, shape):
    sums = {}
    for layer, operation, flops in by_layer(traced(model, shape), layers):
        if "Backprop" in operation.type:
            flops = gradients(operation, flops)
        if flops and operation.outputs[0].dtype.is_floating:
            kinds = sums.setdefault(layer, {})
            kinds[operation.type] = kinds.get(operation.type, 0) + flops
    return sums


def gradients(operation, flops):
    """FLOPs of one operation of a backward pass, at the output's positions; 0 for one that is no product."""
    if "Backprop" not in operation.type:
        return flops if operation.type in ("Conv2D", "MatMul") else 0
    first, second, output = (operation.inputs[i].shape.as_list() for i in range(3))
    result = operation.outputs[0].shape.as_list()
    image, kernel = (result, second) if operation.type.endswith("Input") else (first, result)
    strides = operation.get_attr("strides")
    if operation.type.startswith("Depthwise"):
        flops = depthwise(operation, image, kernel, output)
    positions, counted = math.prod(output[1:3]) * math.prod(strides), math.prod(image[1:3])
    assert flops * positions % counted == 0
    return flops * positions // counted


def depthwise(operation, image, kernel, output):
    """The profiler's FLOPs of the same gradient of a convolution that takes the channels as a batch."""
    batch, multiplier = image[0] * image[3], kernel[3]
    image, kernel, output = [batch, *image[1:3], 1], [*kernel[:2], 1, multiplier], [batch, *output[1:3], multiplier]
    settings = {key: operation.get_attr(key) for key in ("strides", "padding")}
    graph = tf.Graph()
    with graph.as_default():
        if operation.type.endswith("Input"):
            inputs = {"input_sizes": image, "filter": tf.zeros(kernel)}
            tf.raw_ops.Conv2DBackpropInput(**inputs, out_backprop=tf.zeros(output), **settings)
        else:
            inputs = {"input": tf.zeros(image), "filter_sizes": kernel}
            tf.raw_ops.Conv2DBackpropFilter(**inputs, out_backprop=tf.zeros(output), **settings)
    return sum(profile(graph).values())


def cut_after(layers, cuts):
    """The group of each layer, by name."""
    names = [layer.name for layer in layers]
    ends = [*(names.index(cut) + 1 for cut in cuts), len(names)]
    return {name: sum(index >= end for end in ends) for index, name in enumerate(names)}


def backward(model, layers, shape, group, trained):
    """By layer: the products' FLOPs of the gradients that the trained groups' weights need."""
    learning = [layer for layer in layers if layer.name in group and trained[group[layer.name]]]
    weights = [w for layer in learning for w in layer.trainable_weights]

    def step(inputs):
        with tf.GradientTape() as tape:
            outputs = model(inputs)
        return tape.gradient(outputs, weights)

    sums = {}
    for layer, operation, flops in by_layer(traced(step, shape), layers):
        if operation.name.startswith("gradient_tape/"):
            sums[layer] = sums.get(layer, 0) + gradients(operation, flops)
    return {layer: flops for layer, flops in sums.items() if flops}


def figures(model, layers, shape, group, cases):
    return {
        "forward": forward(model, layers, shape),
        "steps": [
            {"trained": trained, "backward": backward(model, layers, shape, group, trained)} for trained in cases
        ],
    }


def shipped(name, shape, cuts, cases):
    model, layers = read(topology_of(name), shape)
    counted = figures(model, layers, shape, cut_after(layers, cuts), cases)
    return {"model": name, "input": shape, "cuts": cuts, **counted}


def described(net):
    model, layers = read(net["topology"])
    group = {name: index for index, names in enumerate(net["groups"]) for name in names}
    cases = [[True] * len(net["groups"]), [False, True]][: len(net["groups"])]
    shape = list(model.input_shape[1:])
    return {"model": net["model"], **figures(model, layers, shape, group, cases)}


described_nets = json.loads(subprocess.check_output(["npx", "tsx", "test/support/flops-nets.ts"], cwd=ROOT))
golden = {
    "versions": {"tensorflow": tf.__version__, "tf_keras": tf_keras.__version__},
    "nets": [shipped(*net) for net in NETS],
    "described": [described(net) for net in described_nets],
}
path = pathlib.Path(__file__).with_suffix(".json")
path.write_text(json.dumps(golden, separators=(",", ":")) + "\n")
