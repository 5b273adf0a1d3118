// Ends a CI run: what failed, with its first lines, then the totals of all reports as one plain line.
// A log is often kept by its end alone. `node scripts/totals.mjs VITEST.json REAL.json`
import { existsSync, readFileSync } from 'node:fs'
import { relative } from 'node:path'
import { stripVTControlCharacters } from 'node:util'

const linesOfEach = 12
const [unit = '', real = ''] = process.argv.slice(2)
const total = { passed: 0, failed: 0, skipped: 0 }

if (existsSync(unit)) {
  const report = JSON.parse(readFileSync(unit, 'utf8'))
  total.passed += report.numPassedTests
  total.failed += report.numFailedTests
  total.skipped += report.numPendingTests + report.numTodoTests
  for (const { name, message, status, assertionResults } of report.testResults) {
    const file = relative(process.cwd(), name)
    const failed = assertionResults.filter(each => each.status === 'failed')
    for (const { fullName, failureMessages } of failed)
      say(`${file} > ${fullName}`, failureMessages)
    // a file that cannot be loaded fails without a test in it
    if (status === 'failed' && failed.length === 0) {
      total.failed += 1
      say(file, [message])
    }
  }
} else {
  total.failed += 1
  console.log('FAILED the tests did not run to their end')
}

if (existsSync(real)) {
  const counts = JSON.parse(readFileSync(real, 'utf8'))
  for (const key of Object.keys(total)) total[key] += counts[key]
}

console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`)

function say(title, messages) {
  const lines = stripVTControlCharacters(messages.join('\n')).split('\n').slice(0, linesOfEach)
  console.log([`FAILED ${title}`, ...lines.map(line => `  ${line.slice(0, 200)}`)].join('\n'))
}
