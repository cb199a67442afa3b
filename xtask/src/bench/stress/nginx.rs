//! A private nginx that answers everything the same.

use std::fs;
use std::path::Path;

use super::SERVER_CORE;
use super::tools::may_open_all;
use crate::bench::servers::{Folder, Server, free_port, tied};
use crate::shell::find;

/// What it keeps uploads and answers of others in; it has neither, and makes the folders all the same.
const TEMPORARY: [&str; 5] = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];

pub fn start(folder: &Folder) -> Result<Server, String> {
    let port = free_port()?;
    let file = folder.0.join("nginx.conf");
    fs::write(&file, settings(&folder.0, port)).map_err(|error| error.to_string())?;
    let nginx = find("nginx").ok_or("nginx is missing")?;
    let mut command = tied("taskset");
    command.args(["-c", SERVER_CORE]).args(may_open_all());
    // Else it writes the beginning of its log where the distribution has it.
    command.arg(nginx).arg("-e").arg(folder.0.join("error.log"));
    command.arg("-p").arg(&folder.0).arg("-c").arg(file);
    Server::start(&mut command, port)
}

fn settings(folder: &Path, port: u16) -> String {
    let folder = folder.display();
    let mut paths = String::new();
    for what in TEMPORARY {
        paths.push_str(&format!("  {what}_temp_path {folder}/{what};\n"));
    }
    format!(
        "daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 15000; }}
http {{
  access_log off;
  keepalive_requests 100000000;
  keepalive_timeout 600s;
{paths}  server {{
    listen 127.0.0.1:{port} backlog=4096;
    location / {{
      default_type application/json;
      return 200 '{{\"ok\":true}}';
    }}
  }}
}}
"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_keep_to_the_folder() {
        let text = settings(Path::new("/tmp/x"), 8080);
        assert!(text.contains("listen 127.0.0.1:8080 "), "{text}");
        assert!(text.contains("return 200 '{\"ok\":true}';"), "{text}");
        assert_eq!(text.matches("/tmp/x/").count(), 2 + TEMPORARY.len());
        assert_eq!(text.matches('{').count(), text.matches('}').count());
    }
}
