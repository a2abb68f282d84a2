import Encoding
import JSON

extension ClockEvidence {
  /// The evidence as it is saved across restarts.
  ///
  /// - Parameter bootID: The current boot, from ``BootID``.
  func json(bootID: String, at reading: ClockReading) -> JSONValue {
    var object: JSONObject = ["boot_id": .string(bootID)]
    object.append(
      "not_before",
      ifPresent: lowerBound.map { Sample(time: $0.value(at: reading.sinceBoot), at: reading.sinceBoot).json })
    object.append("claimed", ifPresent: claim?.json(at: reading.sinceBoot))
    object.append("platform", ifPresent: measured?.json)
    object.append("synchronised", ifPresent: synchronised?.json)
    object.append("agreed", ifPresent: agreed?.json)
    object.append("local", ifPresent: latestLocal?.json)
    return .object(object)
  }

  /// Loads saved evidence.
  ///
  /// After a reboot the elapsed time is unknown, so only the lower bounds still hold.
  init(_ value: JSONValue, bootID: String, at reading: ClockReading) {
    self.init()
    guard let object = value.objectValue else { return }
    let isSameBoot = !bootID.isEmpty && object["boot_id"]?.stringValue?.hasSameBytes(as: bootID) == true
    func sample(_ key: String) -> Sample? {
      guard var sample = Sample(object[key]) else { return nil }
      if !isSameBoot { sample.at = reading.sinceBoot }
      return sample.at <= reading.sinceBoot ? sample : nil
    }
    let times = sample("not_before").flatMap { Self.plausible.contains($0.time) ? $0 : nil }
    let claim = sample("claimed").flatMap { sample -> Claim? in
      guard Self.plausible.contains(sample.time),
        let age = object["claimed"]?.objectValue?["age_ms"]?.integerValue,
        (0...Self.claimLifetime).contains(age)
      else { return nil }
      return Claim(sample: sample, age: age)
    }
    restore(lowerBound: times, claim: claim, latestLocal: sample("local"))
    guard isSameBoot else { return }
    restore(
      measured: sample("platform").flatMap { Self.plausible.contains($0.time) ? $0 : nil },
      synchronised: sample("synchronised"), agreed: sample("agreed"))
  }

  /// Whether the change is substantial enough to be saved before the next regular write.
  func differsInSubstance(from kept: ClockEvidence, at reading: ClockReading) -> Bool {
    Self.differ(latest(at: reading), kept.latest(at: reading), reading)
      || Self.differ(measured, kept.measured, reading) || Self.differ(agreed, kept.agreed, reading)
  }

  /// The latest time, claimed or proven, that makes a command expire.
  private func latest(at reading: ClockReading) -> Sample? {
    [lowerBound, claim?.sample].compactMap(\.self)
      .max { $0.value(at: reading.sinceBoot) < $1.value(at: reading.sinceBoot) }
  }

  private static func differ(_ first: Sample?, _ second: Sample?, _ reading: ClockReading) -> Bool {
    guard let first, let second else { return first != second }
    let (difference, overflow) = first.value(at: reading.sinceBoot)
      .subtractingReportingOverflow(second.value(at: reading.sinceBoot))
    return overflow || difference.magnitude > tolerance.magnitude
  }
}

extension ClockEvidence.Claim {
  fileprivate func json(at sinceBoot: Int64) -> JSONValue? {
    value(at: sinceBoot).map { value in
      [
        "time": .integer(value), "at_ms": .integer(sinceBoot),
        "age_ms": .integer(age + (sinceBoot - sample.at)),
      ]
    }
  }
}

extension ClockEvidence.Sample {
  fileprivate var json: JSONValue { ["time": .integer(time), "at_ms": .integer(at)] }

  fileprivate init?(_ value: JSONValue?) {
    guard let object = value?.objectValue, let time = object["time"]?.integerValue,
      let at = object["at_ms"]?.integerValue, time >= 0, at >= 0
    else { return nil }
    self.init(time: time, at: at)
  }
}
