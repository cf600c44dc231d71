import { pathToFileURL } from 'node:url'
import { Rng } from '../../src/common/random.ts'
import { buildClipModel } from '../../src/models/clip-model.ts'
import { type GroupsOption, Network } from '../../src/models/network.ts'
import { compile } from '../../src/models/program.ts'
import { SCALING_LAYER, SCALINGS } from '../../src/models/scaling.ts'
import { tf } from '../../src/models/tf.ts'
import { denseHead, denseModel } from './dense.ts'
import { tinyImageModel } from './models.ts'

/** What heads and layers that no shipped network has cost; flops_tensorflow.py reads them from this file's output. */
interface FlopsNet {
  readonly model: tf.LayersModel
  readonly groups: GroupsOption
}

/** Two groups: a small image network, and a head over eight of its frames. */
function clipNet(head: 'two-layer' | 'gru' | 'lstm' | 'bidirectional' | 'dilated' | 'conv-lstm'): FlopsNet {
  const output = { reads: 'frames', units: 3, activation: 'softmax' } as const
  const options = { output, frames: 8, size: [12, 12] as const, scaling: SCALINGS[1], head, rng: Rng.of(1) }
  return { model: buildClipModel(tinyImageModel(), options), groups: { count: 2 } }
}

function denseNet(kind: 'detection' | 'segmentation'): FlopsNet {
  return { model: denseModel(denseHead(kind)), groups: { count: 2 } }
}

function alone(layer: tf.layers.Layer): FlopsNet {
  return { model: tf.sequential({ layers: [layer] }), groups: { after: [] } }
}

const { conv2dTranspose, convLstm2d, lstm, gru, separableConv2d, simpleRNN, upSampling2d, conv2d } = tf.layers

export const FLOPS_NETS: Readonly<Record<string, () => FlopsNet>> = {
  'head two-layer': () => clipNet('two-layer'),
  'head gru': () => clipNet('gru'),
  'head lstm': () => clipNet('lstm'),
  'head bidirectional': () => clipNet('bidirectional'),
  'head dilated': () => clipNet('dilated'),
  'head conv-lstm': () => clipNet('conv-lstm'),
  'head detection': () => denseNet('detection'),
  'head segmentation': () => denseNet('segmentation'),
  transposed: () =>
    alone(
      conv2dTranspose({
        filters: 4,
        kernelSize: 3,
        strides: 2,
        padding: 'same',
        inputShape: [6, 8, 3],
        name: 'up',
      }),
    ),
  upsampled: () => ({
    model: tf.sequential({
      layers: [
        conv2d({ filters: 4, kernelSize: 3, padding: 'same', inputShape: [6, 8, 3], name: 'low' }),
        upSampling2d({ size: [2, 2], name: 'up' }),
        conv2d({ filters: 2, kernelSize: 3, padding: 'same', name: 'high' }),
      ],
    }),
    groups: { after: [] },
  }),
  separable: () =>
    alone(
      separableConv2d({ filters: 4, kernelSize: 3, padding: 'same', inputShape: [6, 8, 3], name: 'sep' }),
    ),
  'gru, last state': () => alone(gru({ units: 5, inputShape: [6, 4], name: 'states' })),
  'lstm, last state': () => alone(lstm({ units: 5, inputShape: [6, 4], name: 'states' })),
  'simple recurrent': () => alone(simpleRNN({ units: 5, inputShape: [6, 4], name: 'states' })),
  'conv-lstm, last state': () =>
    alone(
      convLstm2d({ filters: 3, kernelSize: 3, padding: 'same', inputShape: [5, 6, 8, 2], name: 'states' }),
    ),
}

/** As Keras reads them: topology, and the layers of each group that may learn. */
function described(): unknown {
  return Object.entries(FLOPS_NETS).map(([model, make]) => {
    const net = make()
    const network = new Network(net.model, net.groups)
    const operations = compile(network.graph)
    const groups = network.groups.map(({ operations: [from, to] }) => {
      const nodes = operations.slice(from, to).flatMap(operation => operation.nodes)
      const names = nodes.flatMap(node => network.graph.nodes[node].layer?.name ?? [])
      return names.filter(name => name !== SCALING_LAYER)
    })
    return { model, topology: JSON.parse(net.model.toJSON() as string), groups }
  })
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href)
  process.stdout.write(JSON.stringify(described()))
