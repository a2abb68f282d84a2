import Testing

@testable import HostControl

/// The output of apt 2.6 for failed sources.
@Suite struct AptSourceReportTests {
  private static let good = """
    Hit:1 http://good.example/repo ./ InRelease

    """
  private static let bad = "http://bad.example/repo ./"

  /// Standard output after ``good``, standard error, and the expected reason for ``bad``.
  static let failures: [(stdout: String, stderr: String, reason: String)] = [
    (
      "Get:2 http://bad.example/repo ./ InRelease [717 B]\nReading package lists...\n",
      "E: Repository 'http://bad.example/repo ./ InRelease' changed its 'Label' value from 'one' to 'two'\n",
      "changed its 'Label' value from 'one' to 'two'"
    ),
    (
      "Ign:2 http://bad.example/repo ./ InRelease\nErr:3 http://bad.example/repo ./ Release\n  404  File not found\n",
      "E: The repository 'http://bad.example/repo ./ Release' does not have a Release file.\n",
      "does not have a Release file"
    ),
    (
      "Ign:2 http://bad.example/repo ./ InRelease\nGet:3 http://bad.example/repo ./ Release [173 B]\n",
      "E: The repository 'http://bad.example/repo ./ Release' is not signed.\n", "is not signed"
    ),
    (
      "Get:2 http://bad.example/repo ./ InRelease [718 B]\nErr:2 http://bad.example/repo ./ InRelease\n"
        + "  The following signatures were invalid: EXPKEYSIG D982F78E04C8F6D0 old@x\n",
      """
      W: GPG error: http://bad.example/repo ./ InRelease: The following signatures were invalid: EXPKEYSIG D982F78E04C8F6D0 old@x
      E: The repository 'http://bad.example/repo ./ InRelease' is not signed.

      """, "The following signatures were invalid: EXPKEYSIG D982F78E04C8F6D0 old@x"
    ),
    // Older lists of the source exist: exit status 0.
    (
      "Get:2 http://bad.example/repo ./ InRelease [717 B]\nErr:2 http://bad.example/repo ./ InRelease\n"
        + "  The following signatures were invalid: EXPKEYSIG D982F78E04C8F6D0 old@x\nFetched 717 B in 0s (4238 B/s)\n",
      """
      W: An error occurred during the signature verification. The repository is not updated and the previous index files \
      will be used. GPG error: http://bad.example/repo ./ InRelease: The following signatures were invalid: EXPKEYSIG \
      D982F78E04C8F6D0 old@x
      W: Failed to fetch http://bad.example/repo/./InRelease  The following signatures were invalid: EXPKEYSIG D982F78E04C8F6D0 old@x
      W: Some index files failed to download. They have been ignored, or old ones used instead.

      """, "The following signatures were invalid: EXPKEYSIG D982F78E04C8F6D0 old@x"
    ),
    // apt 3 has another verifier and may print longer prefixes.
    (
      "Get:2 http://bad.example/repo ./ InRelease [717 B]\n",
      """
      Warning: OpenPGP signature verification failed: http://bad.example/repo ./ InRelease: Sub-process /usr/bin/sqv \
      returned an error code (1)
      Error: The repository 'http://bad.example/repo ./ InRelease' is not signed.

      """, "Sub-process /usr/bin/sqv returned an error code (1)"
    ),
    (
      "Err:2 http://bad.example/repo ./ InRelease\n  Could not resolve 'bad.example'\n",
      """
      W: Failed to fetch http://bad.example/repo/./InRelease  Could not resolve 'bad.example'
      W: Some index files failed to download. They have been ignored, or old ones used instead.

      """, "Could not resolve 'bad.example'"
    ),
    // A mirror that is being synchronised.
    (
      "Get:2 http://bad.example/repo ./ InRelease [784 B]\nGet:3 http://bad.example/repo ./ Packages [99 B]\n"
        + "Err:3 http://bad.example/repo ./ Packages\n  File has unexpected size (99 != 140). Mirror sync in progress?\n",
      """
      E: Failed to fetch http://bad.example/repo/./Packages.xz  File has unexpected size (99 != 140). Mirror sync in progress?
         Hashes of expected file:
          - SHA256:00
      E: Some index files failed to download. They have been ignored, or old ones used instead.

      """, "File has unexpected size (99 != 140). Mirror sync in progress?"
    ),
  ]

  @Test(arguments: failures)
  func failedSourceHasItsReason(stdout: String, stderr: String, reason: String) {
    let report = AptSourceReport(stdout: Self.good + stdout, stderr: stderr)
    #expect(report.failures == [FailedSource(source: Self.bad, reason: reason)])
    #expect(report.hasWorkingSource)
    #expect(report.isOnlyFetchFailure)
    for code in [Int32(0), 100] { #expect(report.problem(ofUpdate: outcome(code, stderr)) == nil) }
  }

  @Test(arguments: failures)
  func updateWithoutWorkingSourceIsAProblem(stdout: String, stderr: String, reason: String) {
    let report = AptSourceReport(stdout: stdout, stderr: stderr)
    #expect(!report.hasWorkingSource)
    #expect(
      report.problem(ofUpdate: outcome(0, stderr))
        == "no package source could be used: \(Self.bad) (\(reason))")
  }

  @Test(arguments: [
    (
      "http://deb.example/debian/dists/bookworm-updates/InRelease",
      "http://deb.example/debian bookworm-updates"
    ),
    (
      "http://deb.example/debian/dists/stable/updates/Release.gpg", "http://deb.example/debian stable/updates"
    ),
    ("https://user:secret@deb.example/x/./InRelease", "https://deb.example/x ./"),
    ("http://deb.example/x/main/InRelease", "http://deb.example/x/main"),
    ("http://deb.example/pool/b_2.0_all.deb", "http://deb.example/pool/b_2.0_all.deb"),
  ])
  func sourceIsDerivedFromTheAddress(address: String, source: String) {
    let report = AptSourceReport(stdout: "", stderr: "W: Failed to fetch \(address)  404  Not Found\n")
    #expect(report.failures == [FailedSource(source: source, reason: "404  Not Found")])
  }

  @Test func failedPackageDownloadNamesItsSource() {
    let report = AptSourceReport(
      stdout: """
        Err:1 http://localhost:8767/r2 ./ b 2.0
          Could not connect to localhost:8767 (127.0.0.1). - connect (111: Connection refused)
        Get:2 http://127.0.0.1:8766/r1 ./ p 2.0 [500 B]
        """,
      stderr: """
        E: Failed to fetch http://localhost:8767/r2/b_2.0_all.deb  Could not connect to localhost:8767 (127.0.0.1). - \
        connect (111: Connection refused)
        E: Unable to fetch some archives, maybe run apt-get update or try with --fix-missing?
        """)
    #expect(report.failures.map(\.source) == ["http://localhost:8767/r2 ./"])
    #expect(report.isOnlyFetchFailure)
    #expect(report.hasWorkingSource)
  }

  /// apt prints `Ign` and `Err` lines before a successful retry.
  @Test func sourceThatSucceedsAfterARetryHasNotFailed() {
    let report = AptSourceReport(
      stdout:
        "Err:4 http://a.example/r ./ Packages\n  404  Not found\nHit:4 http://a.example/r ./ Packages\n",
      stderr: "")
    #expect(report.failures.isEmpty)
    #expect(report.hasWorkingSource)
  }

  @Test(arguments: [
    ("", 0, "apt-get update fetched no list: no package source is configured in /etc/apt/sources.list(.d)"),
    (
      "E: The list of sources could not be read.\n", 100,
      "apt-get update failed with exit code 100: E: The list of sources could not be read."
    ),
    ("", 100, "apt-get update failed with exit code 100"),
  ])
  func updateWithoutDownloadsIsAProblem(stderr: String, code: Int32, problem: String) {
    #expect(AptSourceReport(stdout: "", stderr: stderr).problem(ofUpdate: outcome(code, stderr)) == problem)
  }

  /// A full disk or an error of dpkg fails the update.
  @Test(arguments: [
    "E: Write error - write (28: No space left on device)\n",
    "E: Sub-process /usr/bin/dpkg returned an error code (1)\n",
  ])
  func otherErrorsAreNotSourceFailures(line: String) {
    let stderr = line + "E: The repository 'http://bad.example/repo ./ Release' is not signed.\n"
    let report = AptSourceReport(stdout: Self.good, stderr: stderr)
    #expect(!report.isOnlyFetchFailure)
    #expect(report.problem(ofUpdate: outcome(100, stderr)) != nil)
    #expect(report.problem(ofUpdate: outcome(0, stderr)) == nil)
  }

  /// The suites of one mirror are separate sources.
  @Test func missingSuiteDoesNotFailOthers() {
    let report = AptSourceReport(
      stdout: """
        Hit:1 http://deb.example/debian bookworm InRelease
        Get:2 http://deb.example/debian bookworm/main amd64 Packages [1 B]
        """,
      stderr:
        "E: The repository 'http://deb.example/debian bookworm-x Release' does not have a Release file.\n")
    #expect(report.failures.map(\.source) == ["http://deb.example/debian bookworm-x"])
    #expect(report.hasWorkingSource)
  }

  @Test(arguments: [("K", "\u{212A}"), ("\u{E9}", "e\u{301}")])
  func sourcesAreComparedByTheirBytes(text: String, lookalike: String) {
    let report = AptSourceReport(
      stdout: "Hit:1 http://deb.example/\(text) ./ InRelease\n",
      stderr: [text, lookalike].map { "W: Failed to fetch http://deb.example/\($0)/./InRelease  404\n" }
        .joined())
    #expect(report.failures.count == 2)
    let other = AptSourceReport(
      stdout: "Hit:1 http://deb.example/\(text) ./ InRelease\n",
      stderr: "W: Failed to fetch http://deb.example/\(lookalike)/./InRelease  404\n")
    #expect(other.hasWorkingSource)
  }

  /// As characters, `@` and `/` are others with a combining mark behind them.
  @Test(arguments: [
    "https://user:secret@\u{301}deb.example/x/./InRelease",
    "https://user:secret@deb.example/\u{301}@/x/./InRelease",
  ])
  func credentialsAreRemovedBeforeACombiningMark(address: String) {
    let report = AptSourceReport(stdout: "", stderr: "W: Failed to fetch \(address)  404  Not Found\n")
    #expect(report.failures.count == 1)
    #expect(!report.failures.contains { $0.source.contains("secret") || !$0.source.contains("deb.example") })
  }

  @Test func linesMayEndInCRLF() {
    let report = AptSourceReport(
      stdout: "Hit:1 http://a.example/r ./ InRelease\r\nErr:2 http://b.example/r ./ InRelease\r\n  404\r\n",
      stderr: "W: something\r\nE: Failed to fetch http://b.example/r/./InRelease  404\r\n")
    #expect(report.failures == [FailedSource(source: "http://b.example/r ./", reason: "404")])
    #expect(report.hasWorkingSource)
  }

  @Test func listsAndReasonsAreBounded() {
    let reason = String(repeating: "é", count: 10_000)
    let stderr = (0..<1000).map { "W: Failed to fetch http://h\($0)/x/./InRelease  \(reason)\n" }.joined()
    let report = AptSourceReport(stdout: "", stderr: stderr)
    #expect(report.failures.count == FailedSource.countLimit)
    #expect(report.failures.allSatisfy { $0.reason.utf8.count <= FailedSource.reasonLimit + 3 })
    #expect(FailedSource.summary(of: report.failures).hasSuffix(" and 45 more"))
  }

  private func outcome(_ code: Int32, _ stderr: String) -> ProcessOutcome {
    func output(_ text: String) -> CapturedOutput {
      let bytes = Array(text.utf8)
      return CapturedOutput(bytes: bytes, headCount: bytes.count, totalBytes: UInt64(bytes.count))
    }
    return ProcessOutcome(ending: .exited(code), stdout: output(""), stderr: output(stderr), duration: .zero)
  }
}

@Suite struct RemainingUpgradesTests {
  @Test func keptBackDeferredAndFailedPackagesAreListed() {
    let remaining = RemainingUpgrades(
      """
      Reading package lists...
      Building dependency tree...
      Calculating upgrade...
      The following NEW packages will be installed:
        newdep
      The following packages have been kept back:
        h c
        libc6:i386
      The following upgrades have been deferred due to phasing:
        snapd
      The following packages will be upgraded:
        b
      1 upgraded, 1 newly installed, 0 to remove and 4 not upgraded.
      Inst b [1.0] (2.0 localhost [all])
      Inst newdep (1 localhost [all])
      Conf b (2.0 localhost [all])
      """)
    #expect(remaining.keptBack == ["b", "c", "h", "libc6:i386"])
    #expect(remaining.deferred == ["snapd"])
  }

  @Test func completeUpgradeLeavesNothing() {
    let remaining = RemainingUpgrades(
      "Calculating upgrade...\n0 upgraded, 0 newly installed, 0 to remove and 0 not upgraded.\n")
    #expect(remaining.keptBack.isEmpty && remaining.deferred.isEmpty)
  }

  @Test func namesAreBounded() {
    let names = (0..<10_000).map { "p\($0)" }.joined(separator: " ")
    let remaining = RemainingUpgrades("The following packages have been kept back:\n  \(names)\n")
    #expect(remaining.keptBack.count == RemainingUpgrades.countLimit)
  }
}
