// Prints "N passed, N failed" and exits 1 unless something passed and nothing failed.
// Usage: node summary.js REPORT TEST_STATUS OTHER_FAILURES (Vitest's JSON report, its exit status, failures of other steps)
// Plain JavaScript for any Node from 18 on, since it also runs when installing Node 24 failed.
import { readFileSync } from 'node:fs'

const [reportFile, testStatus, otherFailures] = process.argv.slice(2)
const tests = countTests(readFileSync(reportFile, 'utf8'))
// Vitest also fails for what no test shows (an error after its end, no test at all, a crash before the report).
const unseen = tests.failed === 0 && (testStatus !== '0' || tests.passed === 0) ? 1 : 0
const failed = tests.failed + unseen + Number(otherFailures)
process.stdout.write(`${tests.passed} passed, ${failed} failed\n`)
process.exitCode = failed === 0 ? 0 : 1

/** A file that fails without a failed test (it does not load, a hook throws) counts as one failed test. */
function countTests(report) {
  if (report === '') return { passed: 0, failed: 0 }
  const files = JSON.parse(report).testResults
  const inFile = (file, status) => file.assertionResults.filter((test) => test.status === status).length
  return {
    passed: sum(files.map((file) => inFile(file, 'passed'))),
    failed: sum(files.map((file) => Math.max(inFile(file, 'failed'), file.status === 'failed' ? 1 : 0))),
  }
}

function sum(numbers) {
  return numbers.reduce((total, number) => total + number, 0)
}
