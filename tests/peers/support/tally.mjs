/** Counts and prints what passed: one line a case, as the Python scripts print theirs. */

export class Tally {
  passed = 0
  failed = 0
  skipped = 0

  ok(name) {
    this.passed++
    console.log(`    ok ${name}`)
  }

  fail(name, reason) {
    this.failed++
    console.log(`    FAIL ${name}: ${reason}`)
  }

  skip(name, reason) {
    this.skipped++
    console.log(`    skip ${name}: ${reason}`)
  }

  /** A line of a script's output; whether it was a verdict. */
  take(line) {
    const found = /^(ok|skip|FAIL) ([^:]*)(?:: (.*))?$/.exec(line)
    if (found === null) return false
    const [, verdict, name, reason = ''] = found
    if (verdict === 'ok') this.ok(name)
    else if (verdict === 'skip') this.skip(name, reason)
    else this.fail(name, reason)
    return true
  }

  summary() {
    const skipped = this.skipped > 0 ? `, ${this.skipped} skipped` : ''
    return `${this.passed} passed, ${this.failed} failed${skipped}`
  }
}

export function seconds(from) {
  return `${((Date.now() - from) / 1000).toFixed(1)} s`
}
