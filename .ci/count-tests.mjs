// Prints `PASSED FAILED` from vitest's JSON report. A file that could not run counts as one failure, and so does a run
// that ended badly without any failed test (a crash, a time limit, an unhandled error).
import { readFileSync } from 'node:fs';

const [reportPath, status] = process.argv.slice(2);

const count = () => {
  const report = JSON.parse(readFileSync(reportPath, 'utf8'));
  const brokenFiles = report.testResults.filter(
    (file) => file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed'),
  );
  for (const file of brokenFiles) process.stderr.write(`✗ ${file.name}: ${file.message}\n`);
  for (const file of report.testResults) {
    for (const test of file.assertionResults) {
      if (test.status !== 'passed' || !test.failureMessages?.length) continue;
      process.stderr.write(`△ ${test.fullName} took two tries: ${test.failureMessages[0].split('\n')[0]}\n`);
    }
  }
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
