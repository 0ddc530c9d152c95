// Prints `PASSED FAILED` from vitest's JSON report. A file that could not run counts as one failure, and so does a run
// that ended badly without any failed test (a crash, a time limit, an unhandled error). The third argument is the file
// that gets a line for every failed test and for every one that took two tries.
import { readFileSync, writeFileSync } from 'node:fs';

const [reportPath, status, summaryPath] = process.argv.slice(2);

const firstLine = (text) => text.split('\n')[0].slice(0, 300);

const count = () => {
  const report = JSON.parse(readFileSync(reportPath, 'utf8'));
  const brokenFiles = report.testResults.filter(
    (file) => file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed'),
  );
  const lines = brokenFiles.map((file) => `✗ ${file.name}: ${firstLine(file.message)}`);
  for (const test of report.testResults.flatMap((file) => file.assertionResults)) {
    if (!test.failureMessages?.length) continue;
    const verdict = test.status === 'passed' ? '△ took two tries' : '✗ test';
    lines.push(`${verdict}: ${test.fullName}: ${firstLine(test.failureMessages[0])}`);
  }
  if (summaryPath) writeFileSync(summaryPath, lines.map((line) => `${line}\n`).join(''));
  if (report.numPendingTests > 0) process.stderr.write(`${report.numPendingTests} tests were skipped\n`);
  return { passed: report.numPassedTests, failed: report.numFailedTests + brokenFiles.length };
};

const countOrNothing = () => {
  try {
    return count();
  } catch {
    return { passed: 0, failed: 0 };
  }
};

const { passed, failed } = countOrNothing();
process.stdout.write(`${passed} ${status === '0' ? failed : Math.max(failed, 1)}\n`);
