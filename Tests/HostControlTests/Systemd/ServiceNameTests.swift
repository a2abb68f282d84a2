import HostControl
import Testing

@Suite("Service names")
struct ServiceNameTests {
  @Test(
    "Valid names are accepted, bare ones with a suffix",
    arguments: [
      ("nginx", "nginx.service"), ("nginx.service", "nginx.service"), ("php8.2-fpm", "php8.2-fpm.service"),
      ("getty@tty1", "getty@tty1.service"), ("getty@tty1.service", "getty@tty1.service"),
      (#"systemd-fsck@dev-disk-by\x2dlabel"#, #"systemd-fsck@dev-disk-by\x2dlabel.service"#),
      ("a:b_c.d-e", "a:b_c.d-e.service"), ("x.service.service", "x.service.service"),
      ("targets", "targets.service"),
    ])
  func valid(_ text: String, _ expected: String) throws {
    #expect(try ServiceName(text).text == expected)
  }

  @Test(
    "Invalid names are rejected",
    arguments: [
      "", ".service", "@.service", "@x.service", "getty@.service", "getty@", "reboot.target", "a.timer",
      "a.socket",
      "a.mount", "a.slice", "a b", "a/b", "../../x", "ü", "a\nb", "a\u{0}", "a*", "a?.service", "a;b",
      "-.mount",
      "$(x)",
    ])
  func refused(_ text: String) {
    #expect(throws: ServiceNameError.self) { try ServiceName(text) }
  }

  @Test("A name has at most 255 bytes including its suffix")
  func length() throws {
    #expect(try ServiceName(String(repeating: "x", count: 247)).text.utf8.count == 255)
    let error = #expect(throws: ServiceNameError.self) { try ServiceName(String(repeating: "x", count: 248)) }
    #expect(error?.description.utf8.count ?? .max < 200)
    #expect(throws: ServiceNameError.self) {
      try ServiceName(String(repeating: "x", count: 300) + ".service")
    }
  }

  @Test(
    "Units that shut the machine down or open a shell are protected",
    arguments: [
      "systemd-reboot", "systemd-poweroff", "systemd-halt", "systemd-kexec", "systemd-suspend",
      "systemd-hibernate",
      "systemd-hybrid-sleep", "systemd-suspend-then-hibernate", "systemd-soft-reboot", "debug-shell",
      "emergency",
      "rescue",
    ])
  func protected(_ text: String) throws {
    #expect(try ServiceName(text).isProtected)
    #expect(try ServiceName(text + ".service").isProtected)
    #expect(try !ServiceName(text + "er").isProtected)
  }
}
