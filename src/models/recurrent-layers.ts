import type { GraphNode } from './graph.ts'

const RECURRENT = new Set(['Bidirectional', 'ConvLSTM2D', 'GRU', 'LSTM', 'RNN', 'SimpleRNN'])

/** Whether a node is a layer with a state that goes through time. */
export function isRecurrent({ layer }: GraphNode): boolean {
  return RECURRENT.has(layer?.getClassName() ?? '')
}
