extension Unicode.Scalar {
  /// Whether this is neither a control character nor invisible, and does not change the direction of writing.
  package var isPrintable: Bool {
    if value < 0x7F { return value >= 0x20 }
    switch properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse: return false
    default: return !properties.isDefaultIgnorableCodePoint
    }
  }
}
