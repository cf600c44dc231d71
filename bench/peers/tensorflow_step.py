"""The fine-tuning step as one tf.function of Keras layers: what TensorFlow itself takes for it, called from Python.

    pip install tensorflow && python bench/peers/tensorflow_step.py --net resnet20 --size 32 --batch 16 --frames 1

Networks as in torch_nets.py, channels last; every parameter learns. Prints one JSON line: times (ms, in order), residentMb,
tensorflow and the arguments.
"""
import argparse
import json
import os
import resource
import statistics
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
import numpy as np
import tensorflow as tf

BLOCKS = {  # as torch_nets.py: the first convolution's channels, then the blocks
    "mobilenet-035": (16, [(1, 8, 1, 1), (6, 8, 2, 2), (6, 16, 3, 2), (6, 24, 4, 2), (6, 32, 3, 1), (6, 56, 3, 2),
                           (6, 112, 1, 1)]),
    "mobilenet-100": (32, [(1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2),
                           (6, 320, 1, 1)]),
}
layers = tf.keras.layers


def norm(x, training, activation=None):
    y = layers.BatchNormalization(epsilon=1e-3)(x, training=training)
    return layers.Activation(activation)(y) if activation else y


def mobilenet(x, name, training):
    first, blocks = BLOCKS[name]
    convolve = lambda x, filters, kernel=1, stride=1: layers.Conv2D(
        filters, kernel, stride, padding="same", use_bias=False)(x)
    x = norm(convolve(x, first, 3, 2), training, "relu6")
    for expansion, outputs, repeats, stride in blocks:
        for repeat in range(repeats):
            y = x
            if expansion > 1:
                y = norm(convolve(y, x.shape[-1] * expansion), training, "relu6")
            step = stride if repeat == 0 else 1
            y = layers.DepthwiseConv2D(3, step, padding="same", use_bias=False)(y)
            y = norm(convolve(norm(y, training, "relu6"), outputs), training)
            x = layers.Add()([x, y]) if step == 1 and x.shape[-1] == outputs else y
    return layers.GlobalAveragePooling2D()(norm(convolve(x, 1280), training, "relu6"))


def resnet20(x, training):
    convolve = lambda x, filters, stride=1: layers.Conv2D(filters, 3, stride, padding="same", use_bias=False)(x)
    x = norm(convolve(x, 16), training, "relu")
    for filters in [16] * 3 + [32] * 3 + [64] * 3:
        stride = filters // x.shape[-1]
        y = norm(convolve(x, filters, stride), training, "relu")
        y = norm(convolve(y, filters), training)
        if stride > 1:
            grown = (filters - x.shape[-1]) // 2
            widths = [[0, 0], [0, 0], [0, 0], [grown, grown]]
            # Bound now: the layer calls it again when the loop has gone on.
            x = layers.Lambda(lambda x, widths=widths: tf.pad(x[:, ::2, ::2], widths))(x)
        x = layers.Activation("relu")(layers.Add()([x, y]))
    return layers.GlobalAveragePooling2D()(x)


def digits(x):
    for filters in (32, 64):
        x = layers.MaxPooling2D()(layers.Conv2D(filters, 3, activation="relu")(x))
    return layers.GlobalAveragePooling2D()(x)


def gru_tiny(x):
    dense = layers.Dense(24, "tanh")(x)
    gru = lambda units, *parts: layers.GRU(units, activation="relu", reset_after=False, return_sequences=True)(
        layers.Concatenate()(parts) if len(parts) > 1 else parts[0])
    vad = gru(24, dense)
    noise = gru(48, dense, vad, x)
    return layers.Flatten()(gru(96, vad, noise, x))


def network(given):
    training = given.mode == "train-bn"
    if given.net == "gru-tiny":
        x = tf.keras.Input((given.frames, 42))
        y = gru_tiny(x)
    elif given.net == "char-lstm":
        x = tf.keras.Input((given.frames,), dtype="int32")
        y = layers.Embedding(65, 128)(x)
        for _ in range(2):
            y = layers.LSTM(128, return_sequences=True)(y)
        y = layers.Flatten()(y)
    else:
        channels = 1 if given.net in ("mnist-cnn", "gru-head") else 3
        x = tf.keras.Input((given.size, given.size, channels), batch_size=given.batch * given.frames)
        if given.net in BLOCKS:
            y = layers.Dense(48, "relu")(mobilenet(x, given.net, training))
            y = layers.Reshape((given.frames * 48,))(over_frames(given, y, 48))
        else:
            y = resnet20(x, training) if given.net == "resnet20" else digits(x)
        if given.net == "gru-head":
            y = layers.GRU(64)(over_frames(given, y, 64))
        if given.dropout > 0:
            y = layers.Dropout(given.dropout)(y, training=True)
    return tf.keras.Model(x, layers.Dense(given.classes)(y))


def over_frames(given, y, features):
    return layers.Lambda(lambda y: tf.reshape(y, (given.batch, given.frames, features)))(y)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--net", default="mobilenet-035")
    for name, value in [("size", 64), ("batch", 16), ("frames", 8), ("classes", 4), ("threads", 2), ("steps", 20),
                        ("warmup", 4)]:
        parser.add_argument(f"--{name}", type=int, default=value)
    parser.add_argument("--mode", choices=["frozen-bn", "train-bn"], default="frozen-bn")
    parser.add_argument("--dropout", type=float, default=0.0)
    given = parser.parse_args()
    tf.config.threading.set_intra_op_parallelism_threads(given.threads)
    tf.config.threading.set_inter_op_parallelism_threads(given.threads)
    tf.random.set_seed(1)
    model = network(given)
    optimizer = tf.keras.optimizers.AdamW(1e-4, weight_decay=0.01)
    optimizer.build(model.trainable_variables)
    shape = [side for side in model.inputs[0].shape]
    shape[0] = shape[0] or given.batch
    noise = np.random.default_rng(1).uniform(-1, 1, shape)
    x = tf.constant(noise * 32 + 32, tf.int32) if given.net == "char-lstm" else tf.constant(noise, tf.float32)
    labels = tf.constant(np.arange(given.batch) % given.classes)

    @tf.function
    def step(x, labels):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(
                tf.nn.sparse_softmax_cross_entropy_with_logits(labels, model(x, training=given.mode == "train-bn")))
        optimizer.apply(tape.gradient(loss, model.trainable_variables))
        return loss

    for _ in range(given.warmup):
        step(x, labels).numpy()
    times = []
    used = time.process_time()
    for _ in range(given.steps):
        started = time.perf_counter()
        step(x, labels).numpy()
        times.append(round((time.perf_counter() - started) * 1000, 2))
    print(json.dumps({
        "medianMs": statistics.median(times),
        "times": times,
        "hostMs": round((time.process_time() - used) * 1000 / given.steps, 2),
        "residentMb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
        "tensorflow": tf.__version__,
        "parameters": int(sum(np.prod(v.shape) for v in model.trainable_variables)),
        **vars(given),
    }))


if __name__ == "__main__":
    main()
