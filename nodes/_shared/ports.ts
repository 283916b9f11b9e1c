/** Short forms for port lists. */
import type { PortSpec, PortType } from '#src/kinds/contract.ts'

type Port = { readonly key: string; readonly label: string; readonly type: PortType; readonly help: string }

export function required(port: Port): PortSpec {
  return { ...port, direction: 'in', required: true, multiple: false }
}

export function optional(port: Port): PortSpec {
  return { ...port, direction: 'in', required: false, multiple: false }
}

/** Takes several wires; at least one unless `required` is false. */
export function several(port: Port, required = true): PortSpec {
  return { ...port, direction: 'in', required, multiple: true }
}

export function output(port: Port): PortSpec {
  return { ...port, direction: 'out', required: false, multiple: false }
}

/** The ports of a kind that has the same ones whatever its params say: one list for all of its nodes. */
export function always(...ports: readonly PortSpec[]): () => readonly PortSpec[] {
  return () => ports
}
