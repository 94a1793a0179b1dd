//! The binary itself: how it starts, ends, and says in one line why it cannot start.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use super::running::Running;
use super::support::built_app;

pub fn command(app: &Path, data: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_veldpost-server"));
    command.arg("--app").arg(app).arg("--data").arg(data);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// A command beside serving.
pub fn upkeep(data: &Path, words: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_veldpost-server"));
    command.args(words).arg("--data").arg(data);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Starts the server and reads the line that names its address.
pub fn started(mut command: Command) -> (Child, SocketAddr, String) {
    let mut child = command.spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.as_mut().unwrap())
        .read_line(&mut line)
        .unwrap();
    let address = line.rsplit('/').next().unwrap().trim();
    let address = address.replace("localhost", "127.0.0.1").parse();
    let Ok(address) = address else {
        panic!("no address in {line:?}")
    };
    (child, address, line)
}

pub fn refusal(mut command: Command) -> String {
    let output = command.output().unwrap();
    assert!(!output.status.success());
    String::from_utf8(output.stderr).unwrap()
}

pub fn ask(address: SocketAddr, request: &str) -> String {
    let mut connection = TcpStream::connect(address).unwrap();
    connection.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    connection.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn the_server_announces_its_address_answers_and_ends_when_asked() {
    let (app, data) = (built_app(), tempfile::tempdir().unwrap());
    let mut command = command(app.path(), &data.path().join("new/folder"));
    command.args(["--listen", "127.0.0.1:0", "--verbose"]);
    let (mut child, address, line) = started(command);
    assert!(
        line.starts_with("Veldpost is at http://localhost:"),
        "{line}"
    );
    let answer = ask(
        address,
        "GET /over-secret-street HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n",
    );
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    // What a library has to say of its frames is not shown.
    let mut frames = TcpStream::connect(address).unwrap();
    let settings = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";
    frames.write_all(settings).unwrap();
    frames.read_exact(&mut [0; 9]).unwrap();
    drop(frames);
    let stopped = Command::new("kill")
        .arg("-TERM")
        .arg(child.id().to_string())
        .status()
        .unwrap();
    assert!(stopped.success());
    assert!(child.wait().unwrap().success());
    let mut log = String::new();
    child.stderr.unwrap().read_to_string(&mut log).unwrap();
    assert!(log.contains("answered"), "{log}");
    assert!(
        !log.contains("127.0.0.1") && !log.contains("secret-street"),
        "{log}"
    );
    assert!(!log.contains("frame") && !log.contains("Settings"), "{log}");
    assert!(!log.contains('\u{1b}'), "colours are for a terminal: {log}");
}

#[test]
fn a_port_in_use_is_told_with_the_next_one() {
    let (app, data) = (built_app(), tempfile::tempdir().unwrap());
    let held = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = held.local_addr().unwrap();
    let mut command = command(app.path(), data.path());
    command.arg("--listen").arg(address.to_string());
    let told = refusal(command);
    assert_eq!(told.lines().count(), 1, "{told}");
    assert!(told.contains("something else already listens"), "{told}");
    assert!(told.contains("--listen 127.0.0.1:"), "{told}");
}

/// The other one's port was said to be chosen by `--listen`.
#[test]
fn an_address_of_the_numbers_that_is_taken_is_told_with_its_own_option() {
    let (app, data) = (built_app(), tempfile::tempdir().unwrap());
    let held = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut command = command(app.path(), &data.path().join("new"));
    command.args(["--listen", "127.0.0.1:0", "--metrics"]);
    command.arg(held.local_addr().unwrap().to_string());
    let told = refusal(command);
    assert!(told.contains("--metrics 127.0.0.1:"), "{told}");
    assert!(!told.contains("--listen"), "{told}");
    assert_eq!(told.lines().count(), 1, "{told}");
}

#[test]
fn a_missing_half_or_changed_app_is_told_with_the_command_that_builds_it() {
    let (app, data) = (built_app(), tempfile::tempdir().unwrap());
    let told = refusal(command(data.path(), data.path()));
    assert!(
        told.contains("no built app") && told.contains("cargo xtask build"),
        "{told}"
    );
    std::fs::write(app.path().join("app-1a2b3c.js"), "changed").unwrap();
    let told = refusal(command(app.path(), data.path()));
    assert!(told.contains("not whole (app-1a2b3c.js)"), "{told}");
    assert_eq!(told.lines().count(), 1, "{told}");
}

/// Browsers get the compressed copy: one of an older build would keep an update from them, and the kill switch.
#[test]
fn a_compressed_copy_of_another_build_is_told() {
    let (app, data) = (built_app(), tempfile::tempdir().unwrap());
    for ending in ["br", "gz"] {
        let copy = app.path().join(format!("app-1a2b3c.js.{ending}"));
        let held = std::fs::read(&copy).unwrap();
        std::fs::write(&copy, "of before").unwrap();
        let told = refusal(command(app.path(), data.path()));
        assert!(
            told.contains(&format!("not whole (app-1a2b3c.js.{ending})")),
            "{told}"
        );
        std::fs::write(&copy, held).unwrap();
    }
    Running::new(app.path(), data.path()).stopped();
}

#[test]
fn a_data_folder_that_cannot_be_made_is_told() {
    let (app, data) = (built_app(), tempfile::tempdir().unwrap());
    let file = data.path().join("file");
    std::fs::write(&file, "").unwrap();
    let told = refusal(command(app.path(), &file.join("folder")));
    assert!(told.contains("--data DIR"), "{told}");
    assert_eq!(told.lines().count(), 1, "{told}");
}

#[test]
fn lan_speaks_tls_with_a_certificate_for_this_machine_and_tells_the_phones_steps() {
    let (app, data) = (built_app(), tempfile::tempdir().unwrap());
    let mut command = command(app.path(), data.path());
    command.args(["--lan", "--listen", "127.0.0.1:0"]);
    let mut child = command.spawn().unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    out.read_line(&mut line).unwrap();
    if line.is_empty() {
        let mut told = String::new();
        child
            .stderr
            .take()
            .unwrap()
            .read_to_string(&mut told)
            .unwrap();
        // A machine without any network has no address to make a certificate for, and must say so.
        assert!(told.contains("no address on a network"), "{told}");
        assert!(!child.wait().unwrap().success());
        return;
    }
    assert!(line.starts_with("Veldpost is at https://"), "{line}");
    let mut steps = String::new();
    while !steps.contains("never stored") && out.read_line(&mut steps).unwrap() > 0 {}
    assert!(steps.contains("Certificate trust settings"), "{steps}");
    assert!(data.path().join("lan-certificate.json").exists());
    child.kill().unwrap();
    child.wait().unwrap();
}
