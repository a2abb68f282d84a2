extension TransientService {
  /// The StartTransientUnit call, org.freedesktop.systemd1(5).
  ///
  /// - Parameter descriptors: The destination of its output; nil for the journal.
  func startCall(descriptors: (stdout: Int32, stderr: Int32)?) -> BusCall {
    .manager(
      "StartTransientUnit",
      [
        .string(name), .string("fail"),
        .array(of: "(sv)", properties(descriptors).map { .property($0.name, $0.value) }),
        .array(of: "(sa(sv))", []),
      ], to: "start \(name)")
  }

  private func properties(
    _ descriptors: (stdout: Int32, stderr: Int32)?
  ) -> [(name: String, value: BusArgument)] {
    var properties: [(name: String, value: BusArgument)] = [
      // Keeps the unit loaded after its end until it is released, so that its result can be read.
      ("AddRef", .bool(true)),
      ("Description", .string(description)),
      ("Type", .string(kind.rawValue)),
      ("ExecStart", command),
      ("WorkingDirectory", .string(workingDirectory)),
      ("StandardInput", .string("null")),
      // systemd ignores SIGPIPE in services, which breaks shell pipelines.
      ("IgnoreSIGPIPE", .bool(false)),
      ("KillMode", .string(killMode.rawValue)),
      ("TimeoutStopUSec", .uint64(Self.microseconds(stopGrace))),
      ("OOMPolicy", .string(outOfMemoryPolicy.rawValue)),
      ("CollectMode", .string(isCollected ? "inactive-or-failed" : "inactive")),
    ]
    if let descriptors {
      properties.append(("StandardOutputFileDescriptor", .descriptor(descriptors.stdout)))
      properties.append(("StandardErrorFileDescriptor", .descriptor(descriptors.stderr)))
    } else {
      properties.append(("StandardOutput", .string("journal")))
      properties.append(("StandardError", .string("journal")))
    }
    if !environment.isEmpty {
      properties.append(("Environment", .strings(environment.map { "\($0.name)=\($0.value)" })))
    }
    if !unsetVariables.isEmpty { properties.append(("UnsetEnvironment", .strings(unsetVariables))) }
    if let user { properties.append(("User", .string(user))) }
    if let timeLimit { properties.append(("RuntimeMaxUSec", .uint64(Self.microseconds(timeLimit)))) }
    if isQuiet { properties.append(("LogLevelMax", .int32(Self.notice))) }
    if niceness != 0 { properties.append(("Nice", .int32(niceness))) }
    if let oomScoreAdjustment { properties.append(("OOMScoreAdjust", .int32(oomScoreAdjustment))) }
    if !canGainPrivileges {
      properties.append(("NoNewPrivileges", .bool(true)))
      properties.append(("CapabilityBoundingSet", .uint64(0)))
      properties.append(("AmbientCapabilities", .uint64(0)))
    }
    return properties
  }

  /// `a(sasb)`, with each `$` doubled, so that systemd expands no variables. ExecStartEx has a flag against the expansion, but
  /// systemd 252 writes it under the same name into the unit file and cannot parse it, so that a daemon-reload would leave the
  /// unit without a command. It parses ExecStart correctly except for `$` and `;`, before which it leaves a backslash: after a
  /// daemon-reload between the call and the start, the program would receive those backslashes.
  private var command: BusArgument {
    let words = ([executable] + arguments).map(Self.withoutVariables)
    return .array(of: "(sasb)", [.structure([.string(executable), .strings(words), .bool(false)])])
  }

  private static func withoutVariables(_ word: String) -> String {
    guard word.utf8.contains(UInt8(ascii: "$")) else { return word }
    return String(
      decoding: word.utf8.flatMap { $0 == UInt8(ascii: "$") ? [$0, $0] : [$0] }, as: UTF8.self)
  }

  /// LOG_NOTICE of syslog(3). systemd logs starts and ends at LOG_INFO.
  private static let notice: Int32 = 5

  private static func microseconds(_ duration: Duration) -> UInt64 {
    let (seconds, attoseconds) = duration.components
    guard seconds >= 0, attoseconds >= 0 else { return 0 }
    // systemd interprets the largest number as infinity.
    guard seconds < 1_000_000_000 else { return .max }
    return UInt64(seconds) &* 1_000_000 &+ UInt64(attoseconds / 1_000_000_000_000)
  }
}
