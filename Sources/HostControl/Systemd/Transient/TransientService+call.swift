extension TransientService {
  /// The call that starts it, org.freedesktop.systemd1(5) StartTransientUnit.
  ///
  /// - Parameter descriptors: Where its output goes; nil for the journal.
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
      // The unit stays after its end until it is released: how it ended can still be read.
      ("AddRef", .bool(true)),
      ("Description", .string(description)),
      ("Type", .string(kind.rawValue)),
      ("ExecStart", command),
      ("WorkingDirectory", .string(workingDirectory)),
      ("StandardInput", .string("null")),
      // systemd has services ignore it, which a shell's pipelines are not written for.
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

  /// `a(sasb)`. `$$` stands for `$`, which alone would have systemd look for a variable. Not ExecStartEx, which has a flag
  /// against that: systemd 252 writes it under this name into the unit's file and cannot read it back, so that a daemon-reload
  /// would leave a unit without a command. Of this it reads all back but `$` and `;`, before which it leaves a backslash: a
  /// daemon-reload in the instant between the call and the start would show the program those.
  private var command: BusArgument {
    let words = ([executable] + arguments).map(Self.withoutVariables)
    return .array(of: "(sasb)", [.structure([.string(executable), .strings(words), .bool(false)])])
  }

  private static func withoutVariables(_ word: String) -> String {
    guard word.utf8.contains(UInt8(ascii: "$")) else { return word }
    return String(
      decoding: word.utf8.flatMap { $0 == UInt8(ascii: "$") ? [$0, $0] : [$0] }, as: UTF8.self)
  }

  /// LOG_NOTICE of syslog(3): systemd reports starts and ends one level below.
  private static let notice: Int32 = 5

  private static func microseconds(_ duration: Duration) -> UInt64 {
    let (seconds, attoseconds) = duration.components
    guard seconds >= 0, attoseconds >= 0 else { return 0 }
    // systemd takes the largest number for "for ever".
    guard seconds < 1_000_000_000 else { return .max }
    return UInt64(seconds) &* 1_000_000 &+ UInt64(attoseconds / 1_000_000_000_000)
  }
}
