/** Processor time of one module's own code. */
export interface ModuleTime {
  /** A module of layergym (agents/mlp), a package, `node`, or what V8 calls in brackets. */
  readonly name: string
  readonly seconds: number
}
