/** Error for a value that an option does not allow. The message is the line that the user reads. */
export class OptionValueError extends Error {}
