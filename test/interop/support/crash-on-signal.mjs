/** Loaded into a program before it starts: at SIGWINCH, the program writes Node's report, and ends by a fault. */
process.on('SIGWINCH', () => {
  process.report.writeReport('report.json')
  throw new Error('a fault')
})
