/** What a network takes of clips: pixels uint8 [B, T, H, W, C], or sequences float32 [B, T, F]. */
export type ClipValues = Uint8Array | Float32Array
