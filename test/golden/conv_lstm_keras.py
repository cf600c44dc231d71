"""Writes conv_lstm_keras.json: outputs, loss and gradients of Keras's ConvLSTM2D, which test/models/recurrent.test.ts holds ours to.

python -m pip install tensorflow-cpu==2.21.0 tf_keras==2.21.0 && python test/golden/conv_lstm_keras.py
"""
import json
import pathlib

import numpy
import tensorflow as tf
import tf_keras

BATCH, STEPS, HEIGHT, WIDTH, CHANNELS, FILTERS = 2, 3, 4, 5, 2, 3

rng = numpy.random.default_rng(1)
x = rng.normal(size=[BATCH, STEPS, HEIGHT, WIDTH, CHANNELS]).astype("float32")
target = rng.normal(size=[BATCH, STEPS, HEIGHT, WIDTH, FILTERS]).astype("float32")
layer = tf_keras.layers.ConvLSTM2D(
    FILTERS, 3, padding="same", recurrent_activation="hard_sigmoid", return_sequences=True
)
layer.build(x.shape)
layer.set_weights([(rng.normal(size=w.shape) / 2).astype("float32") for w in layer.weights])
with tf.GradientTape() as tape:
    outputs = layer(x)
    loss = tf.reduce_mean((outputs - target) ** 2)


def flat(array):
    return [round(float(value), 7) for value in numpy.asarray(array).ravel()]


golden = {
    "shape": [BATCH, STEPS, HEIGHT, WIDTH, CHANNELS, FILTERS],
    "x": flat(x),
    "target": flat(target),
    "weights": [flat(w) for w in layer.get_weights()],
    "outputs": flat(outputs),
    "loss": float(loss),
    "gradients": [flat(g) for g in tape.gradient(loss, layer.trainable_weights)],
}
path = pathlib.Path(__file__).with_suffix(".json")
path.write_text(json.dumps(golden, separators=(",", ":")) + "\n")
