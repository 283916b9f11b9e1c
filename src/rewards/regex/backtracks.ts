/** The registers of a match and the stack of what else could be tried: choices, and between them the changes to take back. */

/** What a group's registers hold before it has matched. */
export const UNSET = -1

/** Entries are three integers: an instruction, a position and rounds; or ~register (negative), its value before, unused. */
const ENTRY = 3

export class Backtracks {
  readonly registers: Int32Array
  /** The choice popped last: go on with this instruction at this position, after so many rounds of a repeat. */
  instruction = 0
  position = 0
  rounds = 0
  private entries = new Int32Array(64 * ENTRY)
  private top = 0

  constructor(registerCount: number) {
    this.registers = new Int32Array(registerCount).fill(UNSET)
  }

  get height(): number {
    return this.top
  }

  push(instruction: number, position: number, rounds: number): void {
    if (this.top === this.entries.length) {
      const larger = new Int32Array(2 * this.top)
      larger.set(this.entries)
      this.entries = larger
    }
    this.entries[this.top] = instruction
    this.entries[this.top + 1] = position
    this.entries[this.top + 2] = rounds
    this.top += ENTRY
  }

  /** Changes a register until the choice before is taken. */
  set(register: number, value: number): void {
    this.push(~register, this.registers[register]!, 0)
    this.registers[register] = value
  }

  /** Takes back the changes since the last choice and that choice; false if there is none. */
  pop(): boolean {
    while (this.top > 0) {
      this.top -= ENTRY
      if (this.undo(this.top)) continue
      this.instruction = this.entries[this.top]!
      this.position = this.entries[this.top + 1]!
      this.rounds = this.entries[this.top + 2]!
      return true
    }
    return false
  }

  /** Forgets the choices above `height`, not the changes. */
  settle(height: number): void {
    const end = this.top
    this.top = height
    for (let i = height; i < end; i += ENTRY)
      if (this.entries[i]! < 0) this.push(this.entries[i]!, this.entries[i + 1]!, 0)
  }

  /** Forgets the choices above `height` and takes back the changes. */
  discard(height: number): void {
    while (this.top > height) {
      this.top -= ENTRY
      this.undo(this.top)
    }
  }

  private undo(entry: number): boolean {
    const instruction = this.entries[entry]!
    if (instruction < 0) this.registers[~instruction] = this.entries[entry + 1]!
    return instruction < 0
  }
}
